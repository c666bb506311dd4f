-- The columns close to the cent and end with the recurring revenue of mrr_monthly.
{{ config(meta={'dagster': {'ref': {'name': 'mrr_waterfall'}}}) }}

with

months as (

    select * from {{ ref('mrr_waterfall') }}

),

recurring as (

    select * from {{ ref('mrr_monthly') }}

),

final as (

    select
        recurring.month,
        recurring.mrr,
        months.ending_mrr
    from recurring
    left join months
        on recurring.month = months.month
    where
        months.ending_mrr is distinct from recurring.mrr
        or round(
            months.starting_mrr + months.new_mrr + months.reactivation_mrr + months.expansion_mrr
            - months.contraction_mrr - months.churn_mrr - months.ending_mrr,
            9
        ) <> 0

)

select * from final
