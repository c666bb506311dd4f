with

revenue as (

    select * from {{ source('staging', 'revenue') }}

),

final as (

    select
        transaction_id,
        transaction_date,
        amount,
        currency,
        customer_id,
        product_id,
        product,
        quantity,
        discount,
        channel,
        status,
        status in ({{ counted_statuses() }}) as is_counted,
        payment_method,
        _row_id

    from revenue

)

select * from final
