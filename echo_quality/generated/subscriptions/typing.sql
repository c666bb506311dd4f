-- Generated from contracts/subscriptions.yaml 1.0.0; do not edit.
with texts as (
    select
        _row_number,
        _unparsed,
        case when contains("subscription_id", ' ') then nullif(trim("subscription_id", ' '), '') else "subscription_id" end as "subscription_id__text",
        case when contains("effective_at", ' ') then nullif(trim("effective_at", ' '), '') else "effective_at" end as "effective_at__text",
        case when contains("customer_id", ' ') then nullif(trim("customer_id", ' '), '') else "customer_id" end as "customer_id__text",
        case when contains("plan", ' ') then nullif(trim("plan", ' '), '') else "plan" end as "plan__text",
        case when contains("amount", ' ') then nullif(trim("amount", ' '), '') else "amount" end as "amount__text",
        coalesce(case when contains("currency", ' ') then nullif(trim("currency", ' '), '') else "currency" end, 'USD') as "currency__text",
        lower(case when contains("billing_period", ' ') then nullif(trim("billing_period", ' '), '') else "billing_period" end) as "billing_period__text",
        lower(case when contains("status", ' ') then nullif(trim("status", ' '), '') else "status" end) as "status__text",
        case when contains("started_at", ' ') then nullif(trim("started_at", ' '), '') else "started_at" end as "started_at__text",
        case when contains("ended_at", ' ') then nullif(trim("ended_at", ' '), '') else "ended_at" end as "ended_at__text"
    from landed
),
typed as (
    select
        _row_number,
        _unparsed,
        "subscription_id__text",
        "effective_at__text",
        "customer_id__text",
        "plan__text",
        "amount__text",
        "currency__text",
        "billing_period__text",
        "status__text",
        "started_at__text",
        "ended_at__text",
        "subscription_id__text" as "subscription_id",
        case when length("effective_at__text") > 10 and regexp_full_match("effective_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)') then try_cast(regexp_replace("effective_at__text", ' ([Z+-])', '\1') as timestamptz) when regexp_full_match("effective_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?') then try_cast("effective_at__text" as timestamp) at time zone 'UTC' end as "effective_at",
        "customer_id__text" as "customer_id",
        "plan__text" as "plan",
        case when try_cast("amount__text" as numeric(18,2))::varchar = "amount__text" or regexp_full_match("amount__text", '[+-]?(?:[0-9]+(?:[.][0-9]{0,2}0*)?|[.][0-9]{1,2}0*)') then try_cast("amount__text" as numeric(18,2)) end as "amount",
        "currency__text" as "currency",
        "billing_period__text" as "billing_period",
        "status__text" as "status",
        case when length("started_at__text") > 10 and regexp_full_match("started_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)') then try_cast(regexp_replace("started_at__text", ' ([Z+-])', '\1') as timestamptz) when regexp_full_match("started_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?') then try_cast("started_at__text" as timestamp) at time zone 'UTC' end as "started_at",
        case when length("ended_at__text") > 10 and regexp_full_match("ended_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)') then try_cast(regexp_replace("ended_at__text", ' ([Z+-])', '\1') as timestamptz) when regexp_full_match("ended_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?') then try_cast("ended_at__text" as timestamp) at time zone 'UTC' end as "ended_at"
    from texts
)
select
    _row_number,
    "subscription_id" as "subscription_id",
    "effective_at" as "effective_at",
    "customer_id" as "customer_id",
    "plan" as "plan",
    "amount" as "amount",
    "currency" as "currency",
    "billing_period" as "billing_period",
    "status" as "status",
    "started_at" as "started_at",
    "ended_at" as "ended_at",
    concat_ws(chr(31), coalesce(strlen("subscription_id") || ':' || "subscription_id"::varchar, ''), coalesce("effective_at"::varchar, '')) as _identity,
    false as _is_derived,
    ("effective_at" at time zone getvariable('business_timezone'))::date as _event_day,
    case when (_unparsed is not null) or (_unparsed is null and "subscription_id__text" is null) or (length("subscription_id") > 200) or (_unparsed is null and "effective_at__text" is null) or ("effective_at__text" is not null and "effective_at" is null) or (_unparsed is null and "customer_id__text" is null) or (_unparsed is null and "plan__text" is null) or (_unparsed is null and "amount__text" is null) or ("amount__text" is not null and "amount" is null) or ("amount" < 0 or "amount" > 1000000) or ("currency" not in ('USD')) or (_unparsed is null and "billing_period__text" is null) or ("billing_period" not in ('weekly', 'monthly', 'quarterly', 'annual')) or (_unparsed is null and "status__text" is null) or ("status" not in ('trial', 'active', 'paused', 'cancelled')) or (_unparsed is null and "started_at__text" is null) or ("started_at__text" is not null and "started_at" is null) or ("ended_at__text" is not null and "ended_at" is null) or (not (ended_at >= started_at)) then concat_ws(',', case when _unparsed is not null then '0' end, case when _unparsed is null and "subscription_id__text" is null then '1' end, case when length("subscription_id") > 200 then '2' end, case when _unparsed is null and "effective_at__text" is null then '3' end, case when "effective_at__text" is not null and "effective_at" is null then '4' end, case when _unparsed is null and "customer_id__text" is null then '5' end, case when _unparsed is null and "plan__text" is null then '6' end, case when _unparsed is null and "amount__text" is null then '7' end, case when "amount__text" is not null and "amount" is null then '8' end, case when "amount" < 0 or "amount" > 1000000 then '9' end, case when "currency" not in ('USD') then '10' end, case when _unparsed is null and "billing_period__text" is null then '11' end, case when "billing_period" not in ('weekly', 'monthly', 'quarterly', 'annual') then '12' end, case when _unparsed is null and "status__text" is null then '13' end, case when "status" not in ('trial', 'active', 'paused', 'cancelled') then '14' end, case when _unparsed is null and "started_at__text" is null then '15' end, case when "started_at__text" is not null and "started_at" is null then '16' end, case when "ended_at__text" is not null and "ended_at" is null then '17' end, case when not (ended_at >= started_at) then '18' end) end as _violations,
    null::varchar as _warnings
from typed
