{{
    config(
        indexes=[{'columns': ['snapshot_date', 'customer_id']}],
        meta={
            'snapshots': snapshot_settings(changes={'fact': 'fact_transactions', 'column': 'customer_id'}),
        },
    )
}}

with

transactions as (

    select * from {{ ref('fact_transactions') }}
    where
        customer_id is not null
        and {{ in_reach_of_window('transaction_date', 180) }}
        and {{ is_asked_for('customer_id', 'transaction_date', 180) }}

),

products as (

    select * from {{ ref('dim_product') }}

),

customer_months as (

    select * from {{ ref('int_customer_transactions') }}
    where {{ is_made('customer_id') }}

),

customer_versions as (

    select * from {{ ref('int_customer_scd2') }}

),

customers as (

    select * from {{ ref('dim_customer') }}
    where
        is_current
        and customer_key <> -1
        and {{ is_made('customer_id') }}

),

customer_states as (

    select * from {{ ref('stg_customers') }}

),

subscriptions as (

    select * from {{ ref('stg_subscriptions') }}

),

{{ reported_versions(
    'customer_versions', 'customer_states', 'customer_id', ['segment', 'plan_type', 'acquisition_channel']
) }},

{{ snapshots() }},

{# Of the sales of one product to one customer the last one up to a day stands for the product on that day. #}
lines as (

    select
        transactions.customer_id,
        transactions.transaction_date,
        transactions.amount,
        transactions.discount,
        transactions.status,
        transactions.is_counted,
        transactions.is_counted and transactions.amount > 0 as is_sale,
        transactions.is_counted
        and (
            transactions.transaction_date is distinct from lag(transactions.transaction_date) over (
                partition by transactions.customer_id, transactions.is_counted
                order by transactions.transaction_date
            )
        ) as is_first_of_day,
        case
            when transactions.is_counted and transactions.product_key <> -1
                then lead(transactions.transaction_date, 1, 'infinity') over (
                    partition by
                        transactions.customer_id, transactions.is_counted,
                        products.product_id, case when products.product_id is null then products.product_key end
                    order by transactions.transaction_date
                )
        end as next_date_of_product
    from transactions
    left join products
        on transactions.product_key = products.product_key

),

aged_lines as (

    select
        lines.*,
        snapshots.snapshot_date,
        snapshots.snapshot_date - lines.transaction_date as age,
        lines.transaction_date >= snapshots.month as is_of_month,
        lines.next_date_of_product > snapshots.snapshot_date as is_last_of_product
    from lines
    inner join snapshots
        on
            lines.transaction_date <= snapshots.snapshot_date
            and lines.transaction_date > snapshots.snapshot_date - 180
            and (snapshots.is_whole or {{ is_changed('lines.customer_id') }})

),

recent as (

    select
        customer_id,
        snapshot_date,
        count(*) filter (where is_counted and age < 7) as orders_last_7d,
        count(*) filter (where is_counted and age < 30) as orders_last_30d,
        count(*) filter (where is_counted and age < 90) as orders_last_90d,
        count(*) filter (where is_counted and age >= 90) as orders_prior_90d,
        sum(amount) filter (where is_counted and age < 30) as revenue_last_30d,
        sum(amount) filter (where is_counted and age < 90) as revenue_last_90d,
        count(*) filter (where is_first_of_day and age < 90) as active_days_last_90d,
        count(*) filter (where status = 'refunded' and age < 90) as refunds_last_90d,
        count(*) filter (where status = 'failed' and age < 90) as failed_payments_last_90d,
        count(*) filter (where is_counted and amount < 0 and age < 90) as returns_last_90d,
        count(*) filter (where is_last_of_product and age < 90) as distinct_products_last_90d,
        coalesce(sum(discount) filter (where is_sale and age < 90), 0) as discount_last_90d,
        sum(amount) filter (where is_sale and age < 90) as sold_last_90d,
        count(*) filter (where is_counted and is_of_month) as orders,
        coalesce(sum(amount) filter (where is_counted and is_of_month), 0) as revenue,
        min(transaction_date) filter (where is_counted and is_of_month) as first_date,
        max(transaction_date) filter (where is_counted and is_of_month) as last_date
    from aged_lines
    group by 1, 2

),

{{ customer_life('customer_months', 'snapshots') }},

{{ subscription_states('subscriptions') }},

subscribers as (

    select
        subscription_states.customer_id,
        snapshots.snapshot_date,
        bool_or(subscription_states.is_active and subscription_states.next_date > snapshots.snapshot_date) as is_active,
        sum(subscription_states.annual_amount) filter (
            where subscription_states.next_date > snapshots.snapshot_date
        ) as annual_amount,
        bool_or(
            subscription_states.is_cancellation
            and subscription_states.effective_date > snapshots.snapshot_date - 90
        ) as has_cancelled
    from subscription_states
    inner join snapshots
        on
            subscription_states.effective_date <= snapshots.snapshot_date
            and (snapshots.is_whole or {{ is_changed('subscription_states.customer_id') }})
    group by 1, 2

),

{{ customer_beginnings('customers', 'first_reports', 'customer_months', 'subscription_states') }},

measures as (

    select
        beginnings.customer_id,
        snapshots.snapshot_date,
        snapshots.event_timestamp,
        (coalesce(earlier.orders, 0) + coalesce(recent.orders, 0))::bigint as total_orders,
        coalesce(earlier.revenue, 0) + coalesce(recent.revenue, 0) as customer_lifetime_value,
        coalesce(earlier.first_date, recent.first_date) as first_order_date,
        coalesce(recent.last_date, earlier.last_date) as last_order_date,
        least(
            case when beginnings.reported_date <= snapshots.snapshot_date then beginnings.created_date end,
            beginnings.first_subscription_date,
            earlier.first_date,
            recent.first_date
        ) as first_date,
        {% for measure in (
            'orders_last_7d', 'orders_last_30d', 'orders_last_90d', 'orders_prior_90d', 'revenue_last_30d',
            'revenue_last_90d', 'active_days_last_90d', 'refunds_last_90d', 'failed_payments_last_90d', 'returns_last_90d',
            'distinct_products_last_90d'
        ) %}
            coalesce(recent.{{ measure }}, 0) as {{ measure }},
        {% endfor %}
        {{ calculate_ratio('recent.discount_last_90d', 'recent.sold_last_90d + recent.discount_last_90d') }}
            as discount_share_last_90d,
        coalesce(subscribers.is_active, false) as has_active_subscription,
        coalesce(subscribers.annual_amount, 0) / 12 as subscription_mrr,
        coalesce(subscribers.has_cancelled, false) as subscription_cancelled_last_90d,
        reported_versions.segment,
        reported_versions.plan_type,
        reported_versions.acquisition_channel
    from beginnings
    inner join snapshots
        on
            least(beginnings.reported_date, beginnings.first_order_date, beginnings.first_subscription_date)
            <= snapshots.snapshot_date
            and (snapshots.is_whole or {{ is_changed('beginnings.customer_id') }})
    left join recent
        on
            beginnings.customer_id = recent.customer_id
            and snapshots.snapshot_date = recent.snapshot_date
    left join earlier
        on
            beginnings.customer_id = earlier.customer_id
            and snapshots.month = earlier.month
    left join subscribers
        on
            beginnings.customer_id = subscribers.customer_id
            and snapshots.snapshot_date = subscribers.snapshot_date
    left join reported_versions
        on
            beginnings.customer_id = reported_versions.customer_id
            and {{ version_holds_on('reported_versions', 'snapshots.snapshot_date') }}

),

final as (

    select
        customer_id,
        snapshot_date,
        event_timestamp,
        customer_lifetime_value::numeric(18, 2) as customer_lifetime_value,
        total_orders,
        orders_last_7d,
        orders_last_30d,
        orders_last_90d,
        orders_prior_90d,
        (orders_last_30d / 30.0)::numeric(38, 16) as order_frequency_30d,
        revenue_last_30d::numeric(18, 2) as revenue_last_30d,
        revenue_last_90d::numeric(18, 2) as revenue_last_90d,
        {{ calculate_ratio('revenue_last_90d', 'orders_last_90d') }}::numeric(38, 16) as avg_order_value,
        {{ calculate_ratio('customer_lifetime_value', 'total_orders') }}::numeric(38, 16) as lifetime_avg_order_value,
        first_order_date,
        last_order_date,
        snapshot_date - last_order_date as recency_days,
        snapshot_date - first_date as tenure_days,
        active_days_last_90d,
        {{ calculate_ratio('last_order_date - first_order_date', 'total_orders - 1') }}::numeric(38, 16)
            as mean_order_gap_days,
        {{ calculate_ratio(
            '(snapshot_date - last_order_date)::numeric * (total_orders - 1)', 'last_order_date - first_order_date'
        ) }}::numeric(38, 16) as recency_ratio,
        refunds_last_90d,
        failed_payments_last_90d,
        returns_last_90d,
        distinct_products_last_90d,
        discount_share_last_90d::numeric(38, 16) as discount_share_last_90d,
        has_active_subscription,
        subscription_mrr::numeric(38, 16) as subscription_mrr,
        subscription_cancelled_last_90d,
        segment,
        plan_type,
        acquisition_channel
    from measures

)

select * from final
