-- Generated from contracts/experiment_assignments.yaml 1.0.0; do not edit.
with texts as (
    select
        _row_number,
        _unparsed,
        nullif(trim("experiment_id"), '') as "experiment_id__text",
        nullif(trim("user_id"), '') as "user_id__text",
        nullif(trim("variant"), '') as "variant__text",
        nullif(trim("assigned_at"), '') as "assigned_at__text",
        nullif(trim("converted"), '') as "converted__text",
        nullif(trim("converted_at"), '') as "converted_at__text",
        nullif(trim("revenue"), '') as "revenue__text"
    from landed
),
typed as (
    select
        _row_number,
        _unparsed,
        "experiment_id__text",
        "user_id__text",
        "variant__text",
        "assigned_at__text",
        "converted__text",
        "converted_at__text",
        "revenue__text",
        "experiment_id__text" as "experiment_id",
        "user_id__text" as "user_id",
        "variant__text" as "variant",
        case when length("assigned_at__text") > 10 and regexp_full_match("assigned_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,6})?)? ?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)') then try_cast(replace("assigned_at__text", ' Z', 'Z') as timestamptz) when regexp_full_match("assigned_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,6})?)?)?') then try_cast("assigned_at__text" as timestamp) at time zone 'UTC' end as "assigned_at",
        case when lower("converted__text") in ('true', 't', 'yes', 'y', '1') then true when lower("converted__text") in ('false', 'f', 'no', 'n', '0') then false end as "converted",
        case when length("converted_at__text") > 10 and regexp_full_match("converted_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,6})?)? ?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)') then try_cast(replace("converted_at__text", ' Z', 'Z') as timestamptz) when regexp_full_match("converted_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,6})?)?)?') then try_cast("converted_at__text" as timestamp) at time zone 'UTC' end as "converted_at",
        case when regexp_full_match("revenue__text", '[+-]?(?:[0-9]+(?:[.][0-9]{0,2}0*)?|[.][0-9]{1,2}0*)') then try_cast("revenue__text" as numeric(18,2)) end as "revenue"
    from texts
)
select
    _row_number,
    "experiment_id" as "experiment_id",
    "user_id" as "user_id",
    "variant" as "variant",
    "assigned_at" as "assigned_at",
    "converted" as "converted",
    "converted_at" as "converted_at",
    "revenue" as "revenue",
    concat_ws(chr(31), coalesce("experiment_id"::varchar, ''), coalesce("user_id"::varchar, '')) as _identity,
    false as _is_derived,
    ("assigned_at" at time zone getvariable('business_timezone'))::date as _event_day,
    case when (_unparsed is not null) or (_unparsed is null and "experiment_id__text" is null) or (_unparsed is null and "user_id__text" is null) or (_unparsed is null and "variant__text" is null) or (_unparsed is null and "assigned_at__text" is null) or ("assigned_at__text" is not null and "assigned_at" is null) or ("converted__text" is not null and "converted" is null) or ("converted_at__text" is not null and "converted_at" is null) or ("revenue__text" is not null and "revenue" is null) or ("revenue" < 0) then concat_ws(',', case when _unparsed is not null then '0' end, case when _unparsed is null and "experiment_id__text" is null then '1' end, case when _unparsed is null and "user_id__text" is null then '2' end, case when _unparsed is null and "variant__text" is null then '3' end, case when _unparsed is null and "assigned_at__text" is null then '4' end, case when "assigned_at__text" is not null and "assigned_at" is null then '5' end, case when "converted__text" is not null and "converted" is null then '6' end, case when "converted_at__text" is not null and "converted_at" is null then '7' end, case when "revenue__text" is not null and "revenue" is null then '8' end, case when "revenue" < 0 then '9' end) end as _violations,
    null::varchar as _warnings
from typed
