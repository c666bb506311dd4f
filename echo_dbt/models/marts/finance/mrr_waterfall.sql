{{
    config(
        meta={'echo': {'restates': {
            'period': 'month', 'grain': 'month',
            'figures': ['new_mrr', 'reactivation_mrr', 'expansion_mrr', 'contraction_mrr', 'churn_mrr'],
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
        recurring_months.month,
        recurring_months.starting_amount / 12 as starting_mrr,
        recurring_months.new_amount / 12 as new_mrr,
        recurring_months.reactivation_amount / 12 as reactivation_mrr,
        recurring_months.expansion_amount / 12 as expansion_mrr,
        recurring_months.contraction_amount / 12 as contraction_mrr,
        recurring_months.churn_amount / 12 as churn_mrr,
        recurring_months.ending_amount / 12 as ending_mrr
    from recurring_months
    inner join covered_months
        on recurring_months.month = covered_months.month

)

select * from final
