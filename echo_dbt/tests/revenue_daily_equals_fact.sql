-- The days of the window add up to the fact, to the cent and to the line.
{{ config(meta={'dagster': {'ref': {'name': 'revenue_daily'}}}) }}

with

days as (

    select
        coalesce(sum(revenue), 0) as revenue,
        coalesce(sum(transactions), 0)::bigint as transactions,
        coalesce(sum(all_transactions), 0)::bigint as all_transactions
    from {{ ref('revenue_daily') }}
    where {{ in_window('transaction_date') }}

),

lines as (

    select
        coalesce(sum(amount) filter (where is_counted), 0) as revenue,
        count(*) filter (where is_counted) as transactions,
        count(*) as all_transactions
    from {{ ref('fact_transactions') }}
    where {{ in_window('transaction_date') }}

),

final as (

    select * from days
    except
    select * from lines

)

select * from final
