-- Generated from contracts/experiment_assignments.yaml 1.0.0; do not edit.
with texts as (
    select
        _row_number,
        _unparsed,
        case when contains("experiment_id", ' ') then nullif(trim("experiment_id", ' '), '') else "experiment_id" end as "experiment_id__text",
        case when contains("user_id", ' ') then nullif(trim("user_id", ' '), '') else "user_id" end as "user_id__text",
        case when contains("variant", ' ') then nullif(trim("variant", ' '), '') else "variant" end as "variant__text",
        case when contains("assigned_at", ' ') then nullif(trim("assigned_at", ' '), '') else "assigned_at" end as "assigned_at__text",
        case when contains("converted", ' ') then nullif(trim("converted", ' '), '') else "converted" end as "converted__text",
        case when contains("converted_at", ' ') then nullif(trim("converted_at", ' '), '') else "converted_at" end as "converted_at__text",
        case when contains("revenue", ' ') then nullif(trim("revenue", ' '), '') else "revenue" end as "revenue__text"
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
        case when length("assigned_at__text") > 10 and regexp_full_match("assigned_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)') then try_cast(regexp_replace("assigned_at__text", ' ([Z+-])', '\1') as timestamptz) when regexp_full_match("assigned_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?') then try_cast("assigned_at__text" as timestamp) at time zone 'UTC' end as "assigned_at",
        case when lower("converted__text") in ('true', 't', 'yes', 'y', '1') then true when lower("converted__text") in ('false', 'f', 'no', 'n', '0') then false end as "converted",
        case when length("converted_at__text") > 10 and regexp_full_match("converted_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)') then try_cast(regexp_replace("converted_at__text", ' ([Z+-])', '\1') as timestamptz) when regexp_full_match("converted_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?') then try_cast("converted_at__text" as timestamp) at time zone 'UTC' end as "converted_at",
        case when try_cast("revenue__text" as numeric(18,2))::varchar = "revenue__text" or regexp_full_match("revenue__text", '[+-]?(?:[0-9]+(?:[.][0-9]{0,2}0*)?|[.][0-9]{1,2}0*)') then try_cast("revenue__text" as numeric(18,2)) end as "revenue"
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
    concat_ws(chr(31), coalesce(strlen("experiment_id") || ':' || "experiment_id"::varchar, ''), coalesce(strlen("user_id") || ':' || "user_id"::varchar, ''), coalesce(strlen("variant") || ':' || "variant"::varchar, '')) as _identity,
    false as _is_derived,
    ("assigned_at" at time zone getvariable('business_timezone'))::date as _event_day,
    case when (_unparsed is not null) or (_unparsed is null and "experiment_id__text" is null) or (length("experiment_id") > 200) or (_unparsed is null and "user_id__text" is null) or (length("user_id") > 200) or (_unparsed is null and "variant__text" is null) or (length("variant") > 200) or (_unparsed is null and "assigned_at__text" is null) or ("assigned_at__text" is not null and "assigned_at" is null) or ("converted__text" is not null and "converted" is null) or ("converted_at__text" is not null and "converted_at" is null) or ("revenue__text" is not null and "revenue" is null) or ("revenue" < 0) then concat_ws(',', case when _unparsed is not null then '0' end, case when _unparsed is null and "experiment_id__text" is null then '1' end, case when length("experiment_id") > 200 then '2' end, case when _unparsed is null and "user_id__text" is null then '3' end, case when length("user_id") > 200 then '4' end, case when _unparsed is null and "variant__text" is null then '5' end, case when length("variant") > 200 then '6' end, case when _unparsed is null and "assigned_at__text" is null then '7' end, case when "assigned_at__text" is not null and "assigned_at" is null then '8' end, case when "converted__text" is not null and "converted" is null then '9' end, case when "converted_at__text" is not null and "converted_at" is null then '10' end, case when "revenue__text" is not null and "revenue" is null then '11' end, case when "revenue" < 0 then '12' end) end as _violations,
    null::varchar as _warnings
from typed
