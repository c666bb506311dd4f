-- Generated from contracts/subscriptions.yaml 1.0.0; do not edit.
with texts as (
    select
        _row_number,
        _unparsed,
        nullif(trim("subscription_id"), '') as "subscription_id__text",
        nullif(trim("effective_at"), '') as "effective_at__text",
        nullif(trim("customer_id"), '') as "customer_id__text",
        nullif(trim("plan"), '') as "plan__text",
        nullif(trim("amount"), '') as "amount__text",
        coalesce(nullif(trim("currency"), ''), 'USD') as "currency__text",
        lower(nullif(trim("billing_period"), '')) as "billing_period__text",
        lower(nullif(trim("status"), '')) as "status__text",
        nullif(trim("started_at"), '') as "started_at__text",
        nullif(trim("ended_at"), '') as "ended_at__text"
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
        case when length("effective_at__text") > 10 and regexp_full_match("effective_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,6})?)? ?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)') then try_cast(replace("effective_at__text", ' Z', 'Z') as timestamptz) when regexp_full_match("effective_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,6})?)?)?') then try_cast("effective_at__text" as timestamp) at time zone 'UTC' end as "effective_at",
        "customer_id__text" as "customer_id",
        "plan__text" as "plan",
        case when regexp_full_match("amount__text", '[+-]?(?:[0-9]+(?:[.][0-9]{0,2}0*)?|[.][0-9]{1,2}0*)') then try_cast("amount__text" as numeric(18,2)) end as "amount",
        "currency__text" as "currency",
        "billing_period__text" as "billing_period",
        "status__text" as "status",
        case when length("started_at__text") > 10 and regexp_full_match("started_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,6})?)? ?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)') then try_cast(replace("started_at__text", ' Z', 'Z') as timestamptz) when regexp_full_match("started_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,6})?)?)?') then try_cast("started_at__text" as timestamp) at time zone 'UTC' end as "started_at",
        case when length("ended_at__text") > 10 and regexp_full_match("ended_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,6})?)? ?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)') then try_cast(replace("ended_at__text", ' Z', 'Z') as timestamptz) when regexp_full_match("ended_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,6})?)?)?') then try_cast("ended_at__text" as timestamp) at time zone 'UTC' end as "ended_at"
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
    concat_ws(chr(31), coalesce("subscription_id"::varchar, ''), coalesce("effective_at"::varchar, '')) as _identity,
    false as _is_derived,
    ("effective_at" at time zone getvariable('business_timezone'))::date as _event_day,
    case when (_unparsed is not null) or (_unparsed is null and "subscription_id__text" is null) or (_unparsed is null and "effective_at__text" is null) or ("effective_at__text" is not null and "effective_at" is null) or (_unparsed is null and "customer_id__text" is null) or (_unparsed is null and "plan__text" is null) or (_unparsed is null and "amount__text" is null) or ("amount__text" is not null and "amount" is null) or ("amount" < 0 or "amount" > 1000000) or ("currency" not in ('USD')) or (_unparsed is null and "billing_period__text" is null) or ("billing_period" not in ('weekly', 'monthly', 'quarterly', 'annual')) or (_unparsed is null and "status__text" is null) or ("status" not in ('trial', 'active', 'paused', 'cancelled')) or (_unparsed is null and "started_at__text" is null) or ("started_at__text" is not null and "started_at" is null) or ("ended_at__text" is not null and "ended_at" is null) or (not (ended_at >= started_at)) then concat_ws(',', case when _unparsed is not null then '0' end, case when _unparsed is null and "subscription_id__text" is null then '1' end, case when _unparsed is null and "effective_at__text" is null then '2' end, case when "effective_at__text" is not null and "effective_at" is null then '3' end, case when _unparsed is null and "customer_id__text" is null then '4' end, case when _unparsed is null and "plan__text" is null then '5' end, case when _unparsed is null and "amount__text" is null then '6' end, case when "amount__text" is not null and "amount" is null then '7' end, case when "amount" < 0 or "amount" > 1000000 then '8' end, case when "currency" not in ('USD') then '9' end, case when _unparsed is null and "billing_period__text" is null then '10' end, case when "billing_period" not in ('weekly', 'monthly', 'quarterly', 'annual') then '11' end, case when _unparsed is null and "status__text" is null then '12' end, case when "status" not in ('trial', 'active', 'paused', 'cancelled') then '13' end, case when _unparsed is null and "started_at__text" is null then '14' end, case when "started_at__text" is not null and "started_at" is null then '15' end, case when "ended_at__text" is not null and "ended_at" is null then '16' end, case when not (ended_at >= started_at) then '17' end) end as _violations,
    null::varchar as _warnings
from typed
