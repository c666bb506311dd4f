with

customers as (

    select * from {{ ref('dim_customer') }}

),

customer_orders as (

    select * from {{ ref('int_customer_orders') }}

),

subscription_months as (

    select * from {{ ref('fact_subscription_months') }}

),

days as (

    select * from {{ ref('revenue_daily') }}

),

data_end as (

    select max(transaction_date) as last_day from days

),

log_end as (

    select max(month) as last_month from subscription_months

),

subscribers as (

    select
        subscription_months.customer_id,
        count(*) as active_subscriptions,
        sum(subscription_months.annual_amount) as annual_amount
    from subscription_months
    inner join log_end
        on subscription_months.month = log_end.last_month
    where subscription_months.annual_amount > 0
    group by 1

),

final as (

    select
        customers.customer_key,
        customers.customer_id,
        customers.email,
        customers.name,
        customers.segment,
        customers.plan_type,
        customers.acquisition_channel,
        customers.created_at,
        customers.is_inferred,
        customer_orders.first_order_date,
        customer_orders.last_order_date,
        data_end.last_day - customer_orders.last_order_date as days_since_last_order,
        coalesce(customer_orders.active_months, 0) as active_months,
        coalesce(customer_orders.orders, 0) as orders,
        coalesce(customer_orders.revenue, 0) as lifetime_value,
        {{ calculate_ratio('customer_orders.revenue', 'customer_orders.orders') }} as average_order_value,
        coalesce(subscribers.active_subscriptions, 0) as active_subscriptions,
        coalesce(subscribers.annual_amount, 0) / 12 as mrr
    from customers
    cross join data_end
    left join customer_orders
        on customers.customer_id = customer_orders.customer_id
    left join subscribers
        on customers.customer_id = subscribers.customer_id
    where
        customers.is_current
        and customers.customer_key <> -1

)

select * from final
