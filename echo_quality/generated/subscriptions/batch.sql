with texts as (
    select
        _row_id,
        _unparsed,
        coalesce(nullif(btrim("subscription_id"), ''), case when _unparsed is not null then '' end) as "subscription_id__text",
        coalesce(nullif(btrim("effective_at"), ''), case when _unparsed is not null then '' end) as "effective_at__text",
        coalesce(nullif(btrim("customer_id"), ''), case when _unparsed is not null then '' end) as "customer_id__text",
        coalesce(nullif(btrim("plan"), ''), case when _unparsed is not null then '' end) as "plan__text",
        coalesce(nullif(btrim("amount"), ''), case when _unparsed is not null then '' end) as "amount__text",
        coalesce(coalesce(nullif(btrim("currency"), ''), 'USD'), case when _unparsed is not null then '' end) as "currency__text",
        lower(coalesce(nullif(btrim("billing_period"), ''), case when _unparsed is not null then '' end)) as "billing_period__text",
        lower(coalesce(nullif(btrim("status"), ''), case when _unparsed is not null then '' end)) as "status__text",
        coalesce(nullif(btrim("started_at"), ''), case when _unparsed is not null then '' end) as "started_at__text",
        nullif(btrim("ended_at"), '') as "ended_at__text"
    from raw."subscriptions"
    where _row_id between :first_row_id and :last_row_id
),
typed as (
    select
        texts.*,
        nullif("subscription_id__text", '') as "subscription_id",
        case when length("effective_at__text") > 10 and "effective_at__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?))$' then case when pg_input_is_valid("effective_at__text", 'timestamptz') then ("effective_at__text")::timestamptz end when "effective_at__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?)$' then case when pg_input_is_valid("effective_at__text", 'timestamp') then ("effective_at__text")::timestamp at time zone 'UTC' end end as "effective_at",
        nullif("customer_id__text", '') as "customer_id",
        nullif("plan__text", '') as "plan",
        case when "amount__text" ~ '^([+-]?(?:[0-9]+(?:[.][0-9]{0,2}0*)?|[.][0-9]{1,2}0*))$' and pg_input_is_valid("amount__text", 'numeric(18,2)') then "amount__text"::numeric(18,2) end as "amount",
        nullif("currency__text", '') as "currency",
        nullif("billing_period__text", '') as "billing_period",
        nullif("status__text", '') as "status",
        case when length("started_at__text") > 10 and "started_at__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?))$' then case when pg_input_is_valid("started_at__text", 'timestamptz') then ("started_at__text")::timestamptz end when "started_at__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?)$' then case when pg_input_is_valid("started_at__text", 'timestamp') then ("started_at__text")::timestamp at time zone 'UTC' end end as "started_at",
        case when length("ended_at__text") > 10 and "ended_at__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?))$' then case when pg_input_is_valid("ended_at__text", 'timestamptz') then ("ended_at__text")::timestamptz end when "ended_at__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?)$' then case when pg_input_is_valid("ended_at__text", 'timestamp') then ("ended_at__text")::timestamp at time zone 'UTC' end end as "ended_at"
    from texts
)
select
    typed.*,
    (_row_id & 4294967295) as _row_number,
    case when "effective_at" is null then nullif("effective_at__text", '') end as "effective_at__unreadable",
    case when "amount" is null then nullif("amount__text", '') end as "amount__unreadable",
    case when "started_at" is null then nullif("started_at__text", '') end as "started_at__unreadable",
    case when "ended_at" is null then nullif("ended_at__text", '') end as "ended_at__unreadable",
    (ended_at >= started_at) as "ended_after_started__holds"
from typed
