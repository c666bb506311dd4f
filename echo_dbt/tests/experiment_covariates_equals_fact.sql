-- A customer's spending before the exposure is that of the facts, to the cent.
{{ config(meta={'dagster': {'ref': {'name': 'experiment_covariates'}}}) }}

with

covariates as (

    select * from {{ ref('experiment_covariates') }}

),

orders as (

    select
        transaction_date,
        customer_id,
        amount
    from {{ ref('fact_transactions') }}
    where is_counted

),

final as (

    select
        covariates.experiment_id,
        covariates.user_id
    from covariates
    left join orders
        on
            covariates.user_id = orders.customer_id
            and covariates.assigned_date - orders.transaction_date between 1 and {{ var('covariate_days') }}
    group by covariates.experiment_id, covariates.user_id, covariates.spent_before
    having covariates.spent_before is distinct from sum(orders.amount)

)

select * from final
