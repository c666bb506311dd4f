-- Generated from contracts/customers.yaml 1.0.0; do not edit.
with texts as (
    select
        _row_number,
        _unparsed,
        case when contains("customer_id", ' ') then nullif(trim("customer_id", ' '), '') else "customer_id" end as "customer_id__text",
        case when contains("updated_at", ' ') then nullif(trim("updated_at", ' '), '') else "updated_at" end as "updated_at__text",
        case when contains("email", ' ') then nullif(trim("email", ' '), '') else "email" end as "email__text",
        case when contains("name", ' ') then nullif(trim("name", ' '), '') else "name" end as "name__text",
        case when contains("segment", ' ') then nullif(trim("segment", ' '), '') else "segment" end as "segment__text",
        case when contains("plan_type", ' ') then nullif(trim("plan_type", ' '), '') else "plan_type" end as "plan_type__text",
        case when contains("acquisition_channel", ' ') then nullif(trim("acquisition_channel", ' '), '') else "acquisition_channel" end as "acquisition_channel__text",
        case when contains("created_at", ' ') then nullif(trim("created_at", ' '), '') else "created_at" end as "created_at__text",
        case when contains("is_deleted", ' ') then nullif(trim("is_deleted", ' '), '') else "is_deleted" end as "is_deleted__text"
    from landed
),
typed as (
    select
        _row_number,
        _unparsed,
        "customer_id__text",
        "updated_at__text",
        "email__text",
        "name__text",
        "segment__text",
        "plan_type__text",
        "acquisition_channel__text",
        "created_at__text",
        "is_deleted__text",
        "customer_id__text" as "customer_id",
        case when length("updated_at__text") > 10 and regexp_full_match("updated_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)') then try_cast(regexp_replace("updated_at__text", ' ([Z+-])', '\1') as timestamptz) when regexp_full_match("updated_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?') then try_cast("updated_at__text" as timestamp) at time zone 'UTC' end as "updated_at",
        "email__text" as "email",
        "name__text" as "name",
        "segment__text" as "segment",
        "plan_type__text" as "plan_type",
        "acquisition_channel__text" as "acquisition_channel",
        case when length("created_at__text") > 10 and regexp_full_match("created_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)') then try_cast(regexp_replace("created_at__text", ' ([Z+-])', '\1') as timestamptz) when regexp_full_match("created_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?') then try_cast("created_at__text" as timestamp) at time zone 'UTC' end as "created_at",
        case when lower("is_deleted__text") in ('true', 't', 'yes', 'y', '1') then true when lower("is_deleted__text") in ('false', 'f', 'no', 'n', '0') then false end as "is_deleted"
    from texts
)
select
    _row_number,
    "customer_id" as "customer_id",
    "updated_at" as "updated_at",
    "email" as "email",
    "name" as "name",
    "segment" as "segment",
    "plan_type" as "plan_type",
    "acquisition_channel" as "acquisition_channel",
    "created_at" as "created_at",
    "is_deleted" as "is_deleted",
    concat_ws(chr(31), coalesce(strlen("customer_id") || ':' || "customer_id"::varchar, ''), coalesce("updated_at"::varchar, '')) as _identity,
    false as _is_derived,
    ("updated_at" at time zone getvariable('business_timezone'))::date as _event_day,
    case when (_unparsed is not null) or (_unparsed is null and "customer_id__text" is null) or (length("customer_id") > 200) or (_unparsed is null and "updated_at__text" is null) or ("updated_at__text" is not null and "updated_at" is null) or (_unparsed is null and "created_at__text" is null) or ("created_at__text" is not null and "created_at" is null) or ("is_deleted__text" is not null and "is_deleted" is null) then concat_ws(',', case when _unparsed is not null then '0' end, case when _unparsed is null and "customer_id__text" is null then '1' end, case when length("customer_id") > 200 then '2' end, case when _unparsed is null and "updated_at__text" is null then '3' end, case when "updated_at__text" is not null and "updated_at" is null then '4' end, case when _unparsed is null and "created_at__text" is null then '6' end, case when "created_at__text" is not null and "created_at" is null then '7' end, case when "is_deleted__text" is not null and "is_deleted" is null then '8' end) end as _violations,
    case when (not regexp_matches("email__text", '^[^@ ]+@[^@ ]+[.][^@ ]+$', 's')) then concat_ws(',', case when not regexp_matches("email__text", '^[^@ ]+@[^@ ]+[.][^@ ]+$', 's') then '5' end) end as _warnings
from typed
