-- Recurring revenue is never negative, and above zero wherever somebody pays.
{{ config(meta={'dagster': {'ref': {'name': 'mrr_monthly'}}}) }}

with

months as (

    select * from {{ ref('mrr_monthly') }}

),

final as (

    select
        month,
        mrr,
        active_subscribers,
        active_subscriptions
    from months
    where
        mrr < 0
        or (mrr > 0) <> (active_subscribers > 0)
        or active_subscriptions < active_subscribers

)

select * from final
