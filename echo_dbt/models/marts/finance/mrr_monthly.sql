{{
    config(
        meta={'echo': {'restates': {
            'period': 'month', 'grain': 'month', 'figures': ['mrr', 'active_subscribers'],
        }}},
    )
}}

with

recurring_months as (

    select * from {{ ref('int_recurring_months') }}

),

days as (

    select * from {{ ref('revenue_daily') }}

),

data_end as (

    select max(transaction_date) as last_day from days

),

covered_months as (

    select
        recurring_months.*,
        lag(recurring_months.ending_amount) over (order by recurring_months.month) as previous_amount
    from recurring_months
    cross join data_end
    where not recurring_months.is_quiet or recurring_months.month <= data_end.last_day

),

final as (

    select
        month,
        ending_amount / 12 as mrr,
        customers as active_subscribers,
        subscriptions as active_subscriptions,
        {{ calculate_ratio('ending_amount', '12 * customers') }} as arpu,
        {{ calculate_growth_rate('ending_amount', 'previous_amount') }} as mrr_growth
    from covered_months

)

select * from final
