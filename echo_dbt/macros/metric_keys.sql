{#- By what a row of a mart is told from the others, and which period the first of these columns begins. A model that is not
    here has no row that would be a value of a metric. -#}
{% macro metric_keys() %}
    {%- do return({
        'revenue_daily': {'keys': ['transaction_date'], 'period': 'day'},
        'revenue_summary': {'keys': ['month'], 'period': 'month'},
        'revenue_by_product': {'keys': ['product_id']},
        'mrr_monthly': {'keys': ['month'], 'period': 'month'},
        'mrr_waterfall': {'keys': ['month'], 'period': 'month'},
        'arr_quarterly': {'keys': ['quarter'], 'period': 'quarter'},
        'revenue_retention': {'keys': ['month'], 'period': 'month'},
        'customer_360': {'keys': ['customer_id']},
        'cohort_retention': {'keys': ['cohort_month', 'months_since']},
        'channel_performance': {'keys': ['channel']},
        'campaign_roi': {'keys': ['channel', 'campaign']},
        'funnel_cohorts': {'keys': ['month', 'channel', 'campaign'], 'period': 'month'},
        'customer_acquisition': {'keys': ['month', 'channel'], 'period': 'month'},
        'variant_performance': {'keys': ['experiment_id', 'variant_name']},
        'experiment_results': {'keys': ['experiment_id', 'variant_name']},
    }) -%}
{% endmacro %}

{#- Rows of (name, schema, key columns, period, version of its SQL), one for every mart; none while the project is parsed,
    when there is no graph yet. -#}
{% macro rows_of_marts() -%}
    {%- for node in (graph.nodes.values() if execute else []) | selectattr('resource_type', 'equalto', 'model')
        | selectattr('fqn.1', 'equalto', 'marts') | sort(attribute='name') -%}
        {%- set told = metric_keys().get(node.name, {}) -%}
        (
            '{{ node.name }}', '{{ node.schema }}',
            {{ "'{" ~ (told['keys'] | join(',')) ~ "}'" if told.get('keys') else 'null' }}::text[],
            {{ "'" ~ told['period'] ~ "'" if told.get('period') else 'null' }}, '{{ sql_version(node) }}'
        ){{ ',' if not loop.last }}
    {% endfor -%}
{%- endmacro %}
