{#- The versions of a member follow each other without gap and without overlap from -infinity to infinity, and the last
    one alone is current. `member` lists the expressions that tell members apart. -#}
{% test contiguous_versions(model, member) %}
    with

    chained as (

        select
            *,
            lag(valid_to, 1, '-infinity') over member_chain as expected_from,
            lead(false, 1, true) over member_chain as is_last
        from {{ model }}
        window member_chain as (partition by {{ member | join(', ') }} order by valid_from, valid_to)

    )

    select *
    from chained
    where
        valid_from >= valid_to
        or valid_from <> expected_from
        or is_current <> is_last
        or is_current <> (valid_to = 'infinity')
{% endtest %}
