{{
    config(
        meta={'echo': {'restates': {
            'period': 'month', 'grain': 'month', 'figures': ['nrr', 'grr', 'nrr_12m', 'grr_12m'],
        }}},
    )
}}

with

recurring_months as (

    select * from {{ ref('int_recurring_months') }}

),

covered_months as (

    select * from {{ ref('mrr_monthly') }}

),

final as (

    select
        month,
        starting_amount / 12 as starting_mrr,
        {{ calculate_ratio('retained_amount', 'starting_amount') }} as nrr,
        {{ calculate_ratio('kept_amount', 'starting_amount') }} as grr,
        starting_amount_12m / 12 as starting_mrr_12m,
        {{ calculate_ratio('retained_amount_12m', 'starting_amount_12m') }} as nrr_12m,
        {{ calculate_ratio('kept_amount_12m', 'starting_amount_12m') }} as grr_12m
    from recurring_months
    where month in (select covered_months.month from covered_months)

)

select * from final
