{#- What a year of a subscription costs: 0 unless its state counts as revenue. -#}
{% macro annual_amount(status, billing_period, amount) -%}
    case
        when {{ status }} not in ({{ counted_statuses('subscriptions') }}) then 0
        when {{ billing_period }} = 'weekly' then 52 * {{ amount }}
        when {{ billing_period }} = 'monthly' then 12 * {{ amount }}
        when {{ billing_period }} = 'quarterly' then 4 * {{ amount }}
        when {{ billing_period }} = 'annual' then {{ amount }}
    end
{%- endmacro %}
