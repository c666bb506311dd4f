-- The months add up to the fact, to the cent and to the line.
{{ config(meta={'dagster': {'ref': {'name': 'revenue_summary'}}}) }}

with

months as (

    select
        coalesce(sum(total_revenue), 0) as revenue,
        coalesce(sum(transactions), 0)::bigint as transactions
    from {{ ref('revenue_summary') }}

),

lines as (

    select
        coalesce(sum(amount), 0) as revenue,
        count(*) as transactions
    from {{ ref('fact_transactions') }}
    where is_counted

),

final as (

    select * from months
    except
    select * from lines

)

select * from final
