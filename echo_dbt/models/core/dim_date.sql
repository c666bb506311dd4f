{#- Facts are joined to it at once: without statistics the planner would hash the fact instead. -#}
{{ config(post_hook='analyze {{ this }}') }}

with

holidays as (

    select * from {{ ref('holidays') }}
    where country = '{{ var("holiday_country") }}'

),

days as (

    {{ date_spine(
        'day', "'" ~ var('first_date') ~ "'::date", "'" ~ var('last_date') ~ "'::date + 1"
    ) }}

),

known_years as (

    select distinct extract(year from holiday_date) as calendar_year from holidays

),

known_days as (

    select
        to_char(days.period_start, 'YYYYMMDD')::integer as date_key,
        days.period_start as full_date,
        extract(isodow from days.period_start)::integer as day_of_week,
        to_char(days.period_start, 'FMDay') as day_name,
        extract(isoyear from days.period_start)::integer as iso_year,
        extract(week from days.period_start)::integer as iso_week,
        extract(month from days.period_start)::integer as month,
        to_char(days.period_start, 'FMMonth') as month_name,
        {{ month_start('days.period_start') }} as month_start,
        extract(quarter from days.period_start)::integer as quarter,
        extract(year from days.period_start)::integer as year,
        extract(isodow from days.period_start) in (6, 7) as is_weekend,
        case
            when known_years.calendar_year is not null then holidays.holiday_date is not null
        end as is_holiday,
        holidays.holiday_name
    from days
    left join holidays
        on days.period_start = holidays.holiday_date
    left join known_years
        on extract(year from days.period_start) = known_years.calendar_year

),

unknown_day as (

    select
        -1 as date_key,
        null::date as full_date,
        null::integer as day_of_week,
        null::text as day_name,
        null::integer as iso_year,
        null::integer as iso_week,
        null::integer as month,
        null::text as month_name,
        null::date as month_start,
        null::integer as quarter,
        null::integer as year,
        null::boolean as is_weekend,
        null::boolean as is_holiday,
        null::text as holiday_name

),

final as (

    select * from known_days
    union all
    select * from unknown_day

)

select * from final
