{#- Facts are joined to it at once: without statistics the planner would hash the fact instead. -#}
{{ config(post_hook='analyze {{ this }}') }}

with

catalogue_versions as (

    select * from {{ ref('int_product_scd2') }}

),

members as (

    select * from {{ ref('int_transaction_members') }}

),

price_tiers as (

    select * from {{ ref('price_tiers') }}

),

products_in_facts as (

    select
        product_id,
        min(product_name collate "C") as product_name
    from members
    where kind = 'product'
    group by product_id, case when product_id is null then product_name end

),

inferred_versions as (

    select
        products_in_facts.product_id,
        products_in_facts.product_name,
        case when products_in_facts.product_id is null then products_in_facts.product_name end as name_as_id,
        '-infinity'::timestamptz as valid_from,
        'infinity'::timestamptz as valid_to
    from products_in_facts
    left join catalogue_versions
        on
            products_in_facts.product_id = catalogue_versions.product_id
            and catalogue_versions.is_current
    where
        catalogue_versions.product_id is null
        and coalesce(products_in_facts.product_id, products_in_facts.product_name) is not null

),

versions as (

    select
        product_key,
        product_id,
        product_name,
        category,
        price,
        is_active,
        created_at,
        is_deleted,
        valid_from,
        valid_to,
        is_current,
        false as is_inferred
    from catalogue_versions

    union all

    select
        {{ version_key(['product_id', 'name_as_id']) }} as product_key,
        product_id,
        product_name,
        null as category,
        null as price,
        null as is_active,
        null as created_at,
        false as is_deleted,
        valid_from,
        valid_to,
        true as is_current,
        true as is_inferred
    from inferred_versions

    union all

    select
        -1 as product_key,
        null as product_id,
        '(unknown)' as product_name,
        null as category,
        null as price,
        null as is_active,
        null as created_at,
        false as is_deleted,
        '-infinity'::timestamptz as valid_from,
        'infinity'::timestamptz as valid_to,
        true as is_current,
        false as is_inferred

),

final as (

    select
        versions.product_key,
        versions.product_id,
        versions.product_name,
        versions.category,
        versions.price,
        price_tiers.price_tier,
        versions.is_active,
        versions.created_at,
        versions.is_deleted,
        versions.valid_from,
        versions.valid_to,
        versions.is_current,
        versions.is_inferred
    from versions
    left join price_tiers
        on
            versions.price >= price_tiers.from_price
            and versions.price < coalesce(price_tiers.below_price, 'infinity')

)

select * from final
