with

assignments as (

    select * from {{ ref('fact_experiments') }}
    where not is_excluded

),

experiments as (

    select * from {{ ref('dim_experiment') }}

),

transactions as (

    select * from {{ ref('fact_transactions') }}
    where is_counted

),

final as (

    select
        assignments.experiment_key,
        assignments.experiment_id,
        assignments.user_id,
        assignments.variant_name,
        assignments.assigned_date,
        sum(transactions.amount)::numeric(18, 2) as spent_before
    from assignments
    inner join experiments
        on assignments.experiment_key = experiments.experiment_key
    inner join transactions
        on
            assignments.user_id = transactions.customer_id
            and assignments.assigned_date > transactions.transaction_date
            and assignments.assigned_date - {{ var('covariate_days') }} <= transactions.transaction_date
    where experiments.unit = 'customer'
    group by 1, 2, 3, 4, 5

)

select * from final
