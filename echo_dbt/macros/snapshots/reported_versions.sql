{#- The steps from versions to those that were reported, as CTEs. `versions` and `states` name the CTEs with the versions of
    a member and with the log that they were made of. The last CTE is `reported_versions`: every column of the versions,
    and reported_date, the business day of the member's first report. Unlike in the dimension, the first version does not
    reach back to before it, so that a past day sees only what was known on it. -#}
{% macro reported_versions(versions, states, member, columns) -%}
first_reports as (

    select
        {{ member }},
        min(updated_at) as reported_at
    from {{ states }}
    group by 1

),

reported_versions as (

    select
        {{ versions }}.{{ member }},
        {%- for column in columns %}
        {{ versions }}.{{ column }},
        {%- endfor %}
        {{ business_day('first_reports.reported_at') }} as reported_date,
        greatest({{ versions }}.valid_from, first_reports.reported_at) as valid_from,
        {{ versions }}.valid_to
    from {{ versions }}
    inner join first_reports
        on {{ versions }}.{{ member }} = first_reports.{{ member }}

)
{%- endmacro %}
