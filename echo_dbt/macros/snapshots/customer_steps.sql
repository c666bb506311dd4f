{#- Steps of customer_daily, as CTEs. Each names the CTEs that it reads. -#}

{#- `earlier`: what a customer had bought before the month of a snapshot, added up from whole months. -#}
{% macro customer_life(customer_months, snapshots) -%}
life_by_month as (

    select
        customer_id,
        month,
        lead(month, 1, 'infinity') over life as next_month,
        sum(orders) over life as orders,
        sum(revenue) over life as revenue,
        min(first_date) over life as first_date,
        max(last_date) over life as last_date
    from {{ customer_months }}
    window life as (partition by customer_id order by month)

),

snapshot_months as (

    select distinct month from {{ snapshots }}

),

earlier as (

    select
        life_by_month.customer_id,
        snapshot_months.month,
        life_by_month.orders,
        life_by_month.revenue,
        life_by_month.first_date,
        life_by_month.last_date
    from life_by_month
    inner join snapshot_months
        on
            life_by_month.month < snapshot_months.month
            and life_by_month.next_month >= snapshot_months.month

)
{%- endmacro %}

{#- `subscription_states`: each state holds at the end of the days from effective_date up to, not including, next_date. -#}
{% macro subscription_states(subscriptions) -%}
subscription_states as (

    select
        customer_id,
        effective_date,
        lead(effective_date, 1, 'infinity') over subscription_log as next_date,
        status in ({{ counted_statuses('subscriptions') }}) as is_active,
        {{ annual_amount('status', 'billing_period', 'amount') }} as annual_amount,
        status = 'cancelled' and ('cancelled' is distinct from lag(status) over subscription_log) as is_cancellation
    from {{ subscriptions }}
    window subscription_log as (partition by subscription_id order by effective_at, _row_id)

)
{%- endmacro %}

{#- `beginnings`: when a customer was reported, bought and subscribed first. From reported_date on it is known when it was
    created. The CTEs are those of the members, of first reports, of months with counted lines and of subscriptions' states. -#}
{% macro customer_beginnings(customers, first_reports, customer_months, subscription_states) -%}
first_orders as (

    select
        customer_id,
        min(first_date) as first_order_date
    from {{ customer_months }}
    group by 1

),

first_subscriptions as (

    select
        customer_id,
        min(effective_date) as first_subscription_date
    from {{ subscription_states }}
    group by 1

),

beginnings as (

    select
        {{ customers }}.customer_id,
        {{ business_day(customers ~ '.created_at') }} as created_date,
        greatest(
            {{ business_day(customers ~ '.created_at') }}, {{ business_day(first_reports ~ '.reported_at') }}
        ) as reported_date,
        first_orders.first_order_date,
        first_subscriptions.first_subscription_date
    from {{ customers }}
    left join {{ first_reports }}
        on {{ customers }}.customer_id = {{ first_reports }}.customer_id
    left join first_orders
        on {{ customers }}.customer_id = first_orders.customer_id
    left join first_subscriptions
        on {{ customers }}.customer_id = first_subscriptions.customer_id

)
{%- endmacro %}
