-- Every accepted revenue line of the window is in the fact exactly once, to the cent.
{{ config(meta={'dagster': {'ref': {'name': 'fact_transactions'}}}) }}

with

staged as (

    select
        count(*) as lines,
        coalesce(sum(amount), 0) as amount,
        coalesce(sum(amount) filter (where is_counted), 0) as revenue
    from {{ ref('stg_transactions') }}
    where {{ in_window('transaction_date') }}

),

built as (

    select
        count(*) as lines,
        coalesce(sum(amount), 0) as amount,
        coalesce(sum(amount) filter (where is_counted), 0) as revenue
    from {{ ref('fact_transactions') }}
    where {{ in_window('transaction_date') }}

),

final as (

    select * from staged
    except
    select * from built

)

select * from final
