{#- A fact's key that found no member points at the unknown one, -1; this counts them. -#}
{% test known_member(model, column_name) %}
    select {{ column_name }}
    from {{ model }}
    where {{ column_name }} = -1
{% endtest %}
