with

marketing as (

    select * from {{ ref('fact_marketing') }}

),

customer_orders as (

    select * from {{ ref('int_customer_orders') }}

),

customer_transactions as (

    select * from {{ ref('int_customer_transactions') }}

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
        {{ month_start('customer_orders.first_order_date') }} as month,
        coalesce(channels.channel_key, -1) as channel_key,
        customer_orders.revenue
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

cohorts as (

    select
        month,
        channel_key,
        count(*) as new_customers,
        sum(revenue) as revenue
    from acquired_customers
    group by 1, 2

),

spending as (

    select
        {{ month_start('event_date') }} as month,
        channel_key,
        sum(spend) as spend
    from marketing
    group by 1, 2

),

acquisition as (

    select
        coalesce(spending.month, cohorts.month) as month,
        coalesce(spending.channel_key, cohorts.channel_key) as channel_key,
        spending.spend,
        coalesce(cohorts.new_customers, 0) as new_customers,
        coalesce(cohorts.revenue, 0) as revenue
    from spending
    full outer join cohorts
        on
            spending.month = cohorts.month
            and spending.channel_key = cohorts.channel_key

),

earnings as (

    select
        acquired_customers.month,
        acquired_customers.channel_key,
        customer_transactions.month as earned_month,
        sum(customer_transactions.revenue) as revenue
    from customer_transactions
    inner join acquired_customers
        on customer_transactions.customer_id = acquired_customers.customer_id
    group by 1, 2, 3

),

running_earnings as (

    select
        month,
        channel_key,
        earned_month,
        sum(revenue) over (partition by month, channel_key order by earned_month) as revenue_so_far
    from earnings

),

paybacks as (

    select
        acquisition.month,
        acquisition.channel_key,
        min(running_earnings.earned_month) as paid_back_month
    from acquisition
    inner join running_earnings
        on
            acquisition.month = running_earnings.month
            and acquisition.channel_key = running_earnings.channel_key
            and acquisition.spend <= running_earnings.revenue_so_far
    group by 1, 2

),

final as (

    select
        acquisition.month,
        acquisition.channel_key,
        channels.channel,
        acquisition.spend,
        acquisition.new_customers,
        acquisition.revenue,
        {{ calculate_ratio('acquisition.spend', 'acquisition.new_customers') }} as cac,
        {{ calculate_ratio('acquisition.revenue', 'acquisition.new_customers') }} as ltv,
        case
            when acquisition.new_customers > 0
                then {{ calculate_ratio('acquisition.revenue', 'acquisition.spend') }}
        end as ltv_to_cac,
        (
            extract(year from paybacks.paid_back_month) * 12 + extract(month from paybacks.paid_back_month)
            - extract(year from acquisition.month) * 12 - extract(month from acquisition.month)
        )::integer as payback_months
    from acquisition
    inner join channels
        on acquisition.channel_key = channels.channel_key
    left join paybacks
        on
            acquisition.month = paybacks.month
            and acquisition.channel_key = paybacks.channel_key

)

select * from final
