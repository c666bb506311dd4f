with

transactions as (

    select * from {{ ref('fact_transactions') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

by_month as (

    select
        {{ month_start('transaction_date') }} as month,
        min(transaction_date) as first_day,
        max(transaction_date) as last_day,
        coalesce(sum(amount) filter (where is_counted), 0) as total_revenue,
        count(*) filter (where is_counted) as transactions
    from transactions
    group by 1

),

buyers as (

    select distinct
        {{ month_start('transaction_date') }} as month,
        customer_key
    from transactions
    where is_counted

),

buyers_by_month as (

    select
        buyers.month,
        count(distinct customers.customer_id) as customers
    from buyers
    inner join customers
        on buyers.customer_key = customers.customer_key
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
