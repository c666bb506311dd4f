with

products as (

    select * from {{ ref('stg_products') }}

),

transactions as (

    select * from {{ ref('stg_transactions') }}

),

price_tiers as (

    select * from {{ ref('price_tiers') }}

),

latest_states as (

    select distinct on (product_id) *
    from products
    order by product_id asc, updated_at desc, _row_id desc

),

products_in_facts as (

    select
        product_id,
        min(product collate "C") as product_name
    from transactions
    group by product_id, case when product_id is null then product end

),

inferred_products as (

    select products_in_facts.*
    from products_in_facts
    left join latest_states
        on products_in_facts.product_id = latest_states.product_id
    where
        latest_states.product_id is null
        and coalesce(products_in_facts.product_id, products_in_facts.product_name) is not null

),

members as (

    select
        product_id,
        product_name,
        category,
        price,
        is_active,
        created_at,
        false as is_inferred
    from latest_states

    union all

    select
        product_id,
        product_name,
        null as category,
        null as price,
        null as is_active,
        null as created_at,
        true as is_inferred
    from inferred_products

),

validity as (

    select
        members.*,
        case when members.product_id is null then members.product_name end as name_as_id,
        '-infinity'::timestamptz as valid_from,
        'infinity'::timestamptz as valid_to,
        true as is_current
    from members

),

final as (

    select
        {{ surrogate_key(['product_id', 'name_as_id', 'extract(epoch from valid_from)']) }} as product_key,
        validity.product_id,
        validity.product_name,
        validity.category,
        validity.price,
        price_tiers.price_tier,
        validity.is_active,
        validity.created_at,
        validity.valid_from,
        validity.valid_to,
        validity.is_current,
        validity.is_inferred
    from validity
    left join price_tiers
        on
            validity.price >= price_tiers.from_price
            and validity.price < coalesce(price_tiers.below_price, 'infinity')

    union all

    select
        -1 as product_key,
        null as product_id,
        '(unknown)' as product_name,
        null as category,
        null as price,
        null as price_tier,
        null as is_active,
        null as created_at,
        '-infinity'::timestamptz as valid_from,
        'infinity'::timestamptz as valid_to,
        true as is_current,
        false as is_inferred

)

select * from final
