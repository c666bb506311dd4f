with

subscriptions as (

    select * from {{ source('staging', 'subscriptions') }}

),

final as (

    select
        subscription_id,
        effective_at,
        {{ business_day('effective_at') }} as effective_date,
        customer_id,
        plan,
        amount,
        currency,
        billing_period,
        status,
        started_at,
        ended_at,
        _row_id

    from subscriptions

)

select * from final
