-- ARR is 12 times the MRR of the quarter's last month.
{{ config(meta={'dagster': {'ref': {'name': 'arr_quarterly'}}}) }}

with

quarters as (

    select * from {{ ref('arr_quarterly') }}

),

recurring as (

    select * from {{ ref('mrr_monthly') }}

),

final as (

    select
        quarters.quarter,
        quarters.arr,
        recurring.mrr
    from quarters
    left join recurring
        on quarters.month = recurring.month
    where
        round(12 * recurring.mrr, 2) is distinct from quarters.arr
        or quarters.month <> quarters.quarter + interval '2 months'

)

select * from final
