{#- Facts are joined to it at once: without statistics the planner would hash the fact instead. -#}
{{ config(post_hook='analyze {{ this }}') }}

with

versions as (

    select * from {{ ref('int_customer_scd2') }}

),

members as (

    select * from {{ ref('int_transaction_members') }}

),

subscriptions as (

    select * from {{ ref('stg_subscriptions') }}

),

experiments as (

    select * from {{ ref('stg_experiments') }}

),

assignments as (

    select * from {{ ref('stg_experiment_assignments') }}

),

buyers as (

    select customer_id from members
    where kind = 'customer'

),

assigned_customers as (

    select assignments.user_id as customer_id
    from assignments
    inner join experiments
        on assignments.experiment_id = experiments.experiment_id
    where experiments.unit = 'customer'
    group by assignments.user_id

),

ids_in_facts as (

    select customer_id from buyers
    union
    select customer_id from subscriptions
    union
    select customer_id from assigned_customers

),

inferred_versions as (

    select
        ids_in_facts.customer_id,
        '-infinity'::timestamptz as valid_from,
        'infinity'::timestamptz as valid_to
    from ids_in_facts
    left join versions
        on
            ids_in_facts.customer_id = versions.customer_id
            and versions.is_current
    where
        ids_in_facts.customer_id is not null
        and versions.customer_id is null

),

final as (

    select
        customer_key,
        customer_id,
        email,
        name,
        segment,
        plan_type,
        acquisition_channel,
        created_at,
        is_deleted,
        valid_from,
        valid_to,
        is_current,
        false as is_inferred
    from versions

    union all

    select
        {{ version_key(['customer_id']) }} as customer_key,
        customer_id,
        null as email,
        null as name,
        null as segment,
        null as plan_type,
        null as acquisition_channel,
        null as created_at,
        false as is_deleted,
        valid_from,
        valid_to,
        true as is_current,
        true as is_inferred
    from inferred_versions

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
        false as is_deleted,
        '-infinity'::timestamptz as valid_from,
        'infinity'::timestamptz as valid_to,
        true as is_current,
        false as is_inferred

)

select * from final
