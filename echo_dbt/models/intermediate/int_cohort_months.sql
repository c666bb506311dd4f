with

customer_months as (

    select * from {{ ref('int_customer_transactions') }}

),

customer_orders as (

    select * from {{ ref('int_customer_orders') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

channels as (

    select * from {{ ref('dim_channel') }}

),

channel_map as (

    select * from {{ ref('channel_map') }}

),

acquired_customers as (

    select
        customer_orders.customer_id,
        {{ month_start('customer_orders.first_order_date') }} as cohort_month,
        coalesce(channels.channel_key, -1) as channel_key
    from customer_orders
    left join customers
        on
            customer_orders.customer_id = customers.customer_id
            and {{ version_holds_on('customers', 'customer_orders.first_order_date') }}
    left join channel_map
        on {{ channel_label('customers.acquisition_channel') }} = channel_map.label
    left join channels
        on
            {{ channel_label('coalesce(channel_map.channel, customers.acquisition_channel)') }}
            = channels.channel_id

),

final as (

    select
        acquired_customers.cohort_month,
        acquired_customers.channel_key,
        customer_months.month,
        count(*) as active_customers,
        sum(customer_months.revenue) as revenue
    from customer_months
    inner join acquired_customers
        on customer_months.customer_id = acquired_customers.customer_id
    group by 1, 2, 3

)

select * from final
