{#- The steps from an append-only log of states to versions, as CTEs. `states` names the CTE with the log: columns `member`,
    updated_at, _row_id, is_deleted and the tracked ones. The last CTE is `versions`: the member, every tracked column, valid_from, valid_to.

    `tracked` says how each column is kept:
        0  as it was first known: the first value that is not null
        1  as it is last known: the value of the latest state, in every version
        2  as it was: whatever changes it, null included, starts a version

    A deletion is a version like any other, with what was last known before it: a member that comes back has three.
    Of states of the same instant the last row wins, a state that changes nothing of type 2 starts no version, and
    the first version reaches back without end: facts may be older than the first state that was reported. -#}
{% macro version_steps(states, member, tracked) -%}
latest_rows as (

    select distinct on ({{ member }}, updated_at) *
    from {{ states }}
    order by {{ member }} asc, updated_at asc, _row_id desc

),

lives as (

    select
        *,
        count(*) filter (where is_deleted is not true) over (
            partition by {{ member }} order by updated_at
        ) as life
    from latest_rows

),

carried_states as (

    select
        {{ member }},
        {%- for column in tracked if column != 'is_deleted' %}
        first_value({{ column }}) over life_so_far as {{ column }},
        {%- endfor %}
        coalesce(is_deleted, false) as is_deleted,
        updated_at
    from lives
    window life_so_far as (partition by {{ member }}, life order by updated_at)

),

compared_states as (

    select
        {{ member }},
        {%- for column, type in tracked.items() %}
        {%- if type == 0 %}
        (array_agg({{ column }}) filter (where {{ column }} is not null) over whole_chain)[1] as {{ column }},
        {%- elif type == 1 %}
        last_value({{ column }}) over whole_chain as {{ column }},
        {%- else %}
        {{ column }},
        {%- endif %}
        {%- endfor %}
        updated_at,
        row_number() over chain = 1 as is_first,
        row_number() over chain = 1
        {%- for column, type in tracked.items() if type == 2 %}
        or ({{ column }} is distinct from lag({{ column }}) over chain)
        {%- endfor %} as starts_version
    from carried_states
    window
        chain as (partition by {{ member }} order by updated_at),
        whole_chain as (chain rows between unbounded preceding and unbounded following)

),

versions as (

    select
        {{ member }},
        {%- for column in tracked %}
        {{ column }},
        {%- endfor %}
        case when is_first then '-infinity'::timestamptz else updated_at end as valid_from,
        lead(updated_at, 1, 'infinity'::timestamptz) over (partition by {{ member }} order by updated_at) as valid_to
    from compared_states
    where starts_version

)
{%- endmacro %}

{#- The key of a version: whose it is, and from when on. The first version's does not depend on the first state's
    instant, so a member that was inferred from facts keeps its key when its record arrives. -#}
{% macro version_key(columns, valid_from='valid_from') -%}
    {{ surrogate_key(columns + ['extract(epoch from ' ~ valid_from ~ ')']) }}
{%- endmacro %}
