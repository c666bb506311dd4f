with

customers as (

    select * from {{ ref('stg_customers') }}

),

transactions as (

    select * from {{ ref('stg_transactions') }}

),

subscriptions as (

    select * from {{ ref('stg_subscriptions') }}

),

latest_states as (

    select distinct on (customer_id) *
    from customers
    order by customer_id asc, updated_at desc, _row_id desc

),

ids_in_facts as (

    select customer_id from transactions
    union
    select customer_id from subscriptions

),

inferred_ids as (

    select ids_in_facts.customer_id
    from ids_in_facts
    left join latest_states
        on ids_in_facts.customer_id = latest_states.customer_id
    where
        ids_in_facts.customer_id is not null
        and latest_states.customer_id is null

),

members as (

    select
        customer_id,
        email,
        name,
        segment,
        plan_type,
        acquisition_channel,
        created_at,
        false as is_inferred
    from latest_states

    union all

    select
        customer_id,
        null as email,
        null as name,
        null as segment,
        null as plan_type,
        null as acquisition_channel,
        null as created_at,
        true as is_inferred
    from inferred_ids

),

validity as (

    select
        members.*,
        '-infinity'::timestamptz as valid_from,
        'infinity'::timestamptz as valid_to,
        true as is_current
    from members

),

final as (

    select
        {{ surrogate_key(['customer_id', 'extract(epoch from valid_from)']) }} as customer_key,
        customer_id,
        email,
        name,
        segment,
        plan_type,
        acquisition_channel,
        created_at,
        valid_from,
        valid_to,
        is_current,
        is_inferred
    from validity

    union all

    select
        -1 as customer_key,
        null as customer_id,
        null as email,
        '(unknown)' as name,
        null as segment,
        null as plan_type,
        null as acquisition_channel,
        null as created_at,
        '-infinity'::timestamptz as valid_from,
        'infinity'::timestamptz as valid_to,
        true as is_current,
        false as is_inferred

)

select * from final
