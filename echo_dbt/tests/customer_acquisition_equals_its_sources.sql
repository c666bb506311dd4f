-- The months and channels add up to all customers, their revenue and all spend, to the cent.
{{ config(meta={'dagster': {'ref': {'name': 'customer_acquisition'}}}) }}

with

customers as (

    select
        count(*) as customers,
        coalesce(sum(revenue), 0) as revenue
    from {{ ref('int_customer_orders') }}

),

marketing as (

    select coalesce(sum(spend), 0) as spend
    from {{ ref('fact_marketing') }}

),

expected as (

    select
        customers.customers,
        customers.revenue,
        marketing.spend
    from customers
    cross join marketing

),

acquisition as (

    select
        coalesce(sum(new_customers), 0)::bigint as customers,
        coalesce(sum(revenue), 0) as revenue,
        coalesce(sum(spend), 0) as spend
    from {{ ref('customer_acquisition') }}

),

final as (

    select * from acquisition
    except
    select * from expected

)

select * from final
