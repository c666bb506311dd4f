-- What a month begins with, plus and minus what moved it, is what it ends with and what the next one begins with.
{{ config(meta={'dagster': {'ref': {'name': 'int_recurring_months'}}}) }}

with

months as (

    select
        *,
        lag(ending_amount, 1, 0) over (order by month) as previous_ending_amount
    from {{ ref('int_recurring_months') }}

),

final as (

    select
        month,
        starting_amount,
        previous_ending_amount,
        ending_amount
    from months
    where
        starting_amount <> previous_ending_amount
        or ending_amount
        <> starting_amount + new_amount + reactivation_amount + expansion_amount - contraction_amount - churn_amount
        or retained_amount <> starting_amount + expansion_amount - contraction_amount - churn_amount
        or kept_amount <> starting_amount - contraction_amount - churn_amount
        or least(new_amount, reactivation_amount, expansion_amount, contraction_amount, churn_amount) < 0
        or kept_amount_12m > least(starting_amount_12m, retained_amount_12m)

)

select * from final
