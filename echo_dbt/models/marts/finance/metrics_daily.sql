{%- set figures = [
    ('revenue_days', 'total_revenue', 'revenue'),
    ('revenue_days', 'transactions', 'transactions'),
    ('revenue_days', 'average_order_value', calculate_ratio('revenue', 'transactions')),
    ('revenue_days', 'refunded_amount', 'refunded_amount'),
    ('revenue_days', 'failed_amount', 'failed_amount'),
    ('marketing_days', 'leads', 'leads'),
    ('marketing_days', 'conversions', 'conversions'),
    ('marketing_days', 'spend', 'spend'),
    ('marketing_days', 'conversion_rate', calculate_conversion_rate('conversions', 'leads')),
] -%}

with

revenue_days as (

    select
        *,
        transaction_date as metric_date
    from {{ ref('revenue_daily') }}

),

marketing as (

    select * from {{ ref('fact_marketing') }}

),

marketing_days as (

    select
        event_date as metric_date,
        sum(leads) as leads,
        sum(conversions) as conversions,
        sum(spend) as spend
    from marketing
    group by 1

),

metrics as (
    {% for days, metric, figure in figures %}
        select
            metric_date,
            '{{ metric }}' as metric,
            {{ figure }} as value
        from {{ days }}
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}

),

final as (

    select
        metric_date,
        metric,
        value
    from metrics
    where value is not null

)

select * from final
