{{
    config(
        meta={'echo': {'restates': {'period': 'month', 'grain': 'month', 'figures': ['arr']}}},
    )
}}

with

recurring_months as (

    select * from {{ ref('int_recurring_months') }}

),

covered_months as (

    select * from {{ ref('mrr_monthly') }}

),

quarter_ends as (

    select
        (recurring_months.month - interval '2 months')::date as quarter,
        recurring_months.month,
        covered_months.mrr,
        recurring_months.ending_amount as arr,
        covered_months.active_subscribers,
        lag(recurring_months.ending_amount) over (order by recurring_months.month) as previous_arr
    from recurring_months
    inner join covered_months
        on recurring_months.month = covered_months.month
    where extract(month from recurring_months.month) in (3, 6, 9, 12)

),

final as (

    select
        quarter,
        month,
        mrr,
        arr,
        active_subscribers,
        {{ calculate_growth_rate('arr', 'previous_arr') }} as arr_growth
    from quarter_ends

)

select * from final
