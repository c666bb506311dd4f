-- Who subscribes is in the dimension. Neither table waits for the other: the first one that reads both asks.
-- depends_on: {{ ref('customer_360') }}
{{ config(meta={'dagster': {'ref': {'name': 'customer_360'}}}) }}

with

subscription_months as (

    select * from {{ ref('fact_subscription_months') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

final as (

    select
        subscription_months.subscription_id,
        subscription_months.month,
        subscription_months.customer_key
    from subscription_months
    left join customers
        on subscription_months.customer_key = customers.customer_key
    where customers.customer_key is null

)

select * from final
