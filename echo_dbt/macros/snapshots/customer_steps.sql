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

{#- `beginnings`: one row per customer that was reported, bought or subscribed, with the first day of each. From
    reported_date on it is known when the customer was created. -#}
{% macro customer_beginnings(reported_versions, customer_months, subscription_states) -%}
occasions as (

    select
        customer_id,
        greatest(reported_date, {{ business_day('created_at') }}) as reported_date,
        {{ business_day('created_at') }} as created_date,
        null::date as first_order_date,
        null::date as first_subscription_date
    from {{ reported_versions }}

    union all

    select
        customer_id,
        null as reported_date,
        null as created_date,
        first_date as first_order_date,
        null as first_subscription_date
    from {{ customer_months }}

    union all

    select
        customer_id,
        null as reported_date,
        null as created_date,
        null as first_order_date,
        effective_date as first_subscription_date
    from {{ subscription_states }}

),

beginnings as (

    select
        customer_id,
        min(reported_date) as reported_date,
        min(created_date) as created_date,
        min(first_order_date) as first_order_date,
        min(first_subscription_date) as first_subscription_date
    from occasions
    group by 1

)
{%- endmacro %}
