with

marketing as (

    select * from {{ source('staging', 'marketing') }}

),

final as (

    select
        event_id,
        event_date,
        channel,
        campaign,
        leads,
        conversions,
        spend,
        status,
        _row_id

    from marketing

)

select * from final
