{{
    config(
        meta={'echo': {'restates': {
            'period': 'month', 'grain': 'month', 'figures': [
                'total_revenue', 'transactions', 'average_order_value', 'customers', 'revenue_growth',
            ],
        }}},
    )
}}

with

days as (

    select * from {{ ref('revenue_daily') }}

),

customer_months as (

    select * from {{ ref('int_customer_transactions') }}

),

by_month as (

    select
        {{ month_start('transaction_date') }} as month,
        min(transaction_date) as first_day,
        max(transaction_date) as last_day,
        sum(revenue) as total_revenue,
        sum(transactions)::bigint as transactions
    from days
    group by 1

),

buyers_by_month as (

    select
        month,
        count(*) as customers
    from customer_months
    group by 1

),

with_coverage as (

    select
        by_month.*,
        coalesce(buyers_by_month.customers, 0) as customers,
        by_month.month < min(by_month.first_day) over ()
        or by_month.month + interval '1 month' > max(by_month.last_day) over () + 1 as is_partial
    from by_month
    left join buyers_by_month
        on by_month.month = buyers_by_month.month

),

with_previous as (

    select
        *,
        lag(month) over (order by month) = month - interval '1 month' as has_previous,
        lag(total_revenue) over (order by month) as previous_revenue,
        lag(is_partial) over (order by month) as was_partial
    from with_coverage

),

final as (

    select
        month,
        total_revenue,
        transactions,
        {{ calculate_ratio('total_revenue', 'transactions') }} as average_order_value,
        customers,
        case
            when has_previous and not is_partial and not was_partial
                then {{ calculate_growth_rate('total_revenue', 'previous_revenue') }}
        end as revenue_growth,
        is_partial
    from with_previous

)

select * from final
