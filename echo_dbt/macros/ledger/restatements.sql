{#- Marts that declare `meta: {echo: {restates: {period, grain, figures}}}`: when a build changes a figure of a closed period,
    the change and its cause are written to ops.restatements. A period is closed once the table has a later one. -#}

{#- In remember_marks: the figures as they were. -#}
{% macro remember_figures() %}
    {%- set restates = ledger_meta(model)['restates'] %}
    create temp table echo_figures (period date, figure text, value numeric) on commit drop;
    if to_regclass('{{ this }}') is not null then
        insert into echo_figures {{ ledger_figures(restates) }};
    end if;
{% endmacro %}

{#- In record_build, before the marks are written: what they add is the cause. -#}
{% macro record_restatements() %}
    {%- set restates = ledger_meta(model)['restates'] %}
    insert into ops.restatements (asset, period, grain, figure, before, after, cause)
    select
        '{{ ledger_asset(model) | trim }}', period, '{{ restates["grain"] }}', figure,
        echo_figures.value, now_figures.value,
        (
            select coalesce(jsonb_agg(distinct jsonb_build_object('source', news.source, 'mark', news.mark)), '[]')
            from ({{ ledger_news() }}) as news
            where news.day < period + interval '1 {{ restates["grain"] }}'
        )
    from echo_figures
    full outer join ({{ ledger_figures(restates) }}) as now_figures (period, figure, value) using (period, figure)
    where
        echo_figures.value is distinct from now_figures.value
        and period < (select max(echo_figures.period) from echo_figures);
{% endmacro %}

{% macro ledger_figures(restates) -%}
    select {{ restates['period'] }}::date, figures.figure, figures.value
    from {{ this }}
    cross join lateral (
        values
        {%- for figure in restates['figures'] %} ('{{ figure }}', {{ figure }}::numeric){{ ',' if not loop.last }}
        {%- endfor %}
    ) as figures (figure, value)
{%- endmacro %}

{#- Selects (source, day, mark): the marks that this build has seen and the one before had not. -#}
{% macro ledger_news() -%}
    {%- set asset = ledger_asset(model) | trim -%}
    {%- if ledger_reach(model) == 'whole' %}
    select dirty.source, dirty.day, dirty.mark
    from echo_marks
    inner join ops.dirty_days as dirty on echo_marks.source = dirty.source and echo_marks.mark >= dirty.mark
    left join ops.built_assets as built
        on built.asset = '{{ asset }}' and echo_marks.source = built.source
    where dirty.mark > coalesce(built.mark, 0)
    {%- else %}
    select dirty.source, dirty.day, dirty.mark
    from echo_marks as dirty
    where not {{ ledger_day_is_built({'asset': asset}) }}
    {%- endif %}
{%- endmacro %}
