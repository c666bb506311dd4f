-- Generated from contracts/products.yaml 1.0.0; do not edit.
with texts as (
    select
        _row_number,
        _unparsed,
        case when contains("product_id", ' ') then nullif(trim("product_id", ' '), '') else "product_id" end as "product_id__text",
        coalesce(case when contains("updated_at", ' ') then nullif(trim("updated_at", ' '), '') else "updated_at" end, case when contains("created_at", ' ') then nullif(trim("created_at", ' '), '') else "created_at" end) as "updated_at__text",
        case when contains("name", ' ') then nullif(trim("name", ' '), '') else "name" end as "name__text",
        case when contains("category", ' ') then nullif(trim("category", ' '), '') else "category" end as "category__text",
        case when contains("price", ' ') then nullif(trim("price", ' '), '') else "price" end as "price__text",
        case when contains("is_active", ' ') then nullif(trim("is_active", ' '), '') else "is_active" end as "is_active__text",
        case when contains("created_at", ' ') then nullif(trim("created_at", ' '), '') else "created_at" end as "created_at__text",
        case when contains("is_deleted", ' ') then nullif(trim("is_deleted", ' '), '') else "is_deleted" end as "is_deleted__text"
    from landed
),
typed as (
    select
        _row_number,
        _unparsed,
        "product_id__text",
        "updated_at__text",
        "name__text",
        "category__text",
        "price__text",
        "is_active__text",
        "created_at__text",
        "is_deleted__text",
        "product_id__text" as "product_id",
        case when length("updated_at__text") > 10 and regexp_full_match("updated_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)') then try_cast(regexp_replace("updated_at__text", ' ([Z+-])', '\1') as timestamptz) when regexp_full_match("updated_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?') then try_cast("updated_at__text" as timestamp) at time zone 'UTC' end as "updated_at",
        "name__text" as "name",
        "category__text" as "category",
        case when try_cast("price__text" as numeric(18,2))::varchar = "price__text" or regexp_full_match("price__text", '[+-]?(?:[0-9]+(?:[.][0-9]{0,2}0*)?|[.][0-9]{1,2}0*)') then try_cast("price__text" as numeric(18,2)) end as "price",
        case when lower("is_active__text") in ('true', 't', 'yes', 'y', '1') then true when lower("is_active__text") in ('false', 'f', 'no', 'n', '0') then false end as "is_active",
        case when length("created_at__text") > 10 and regexp_full_match("created_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)') then try_cast(regexp_replace("created_at__text", ' ([Z+-])', '\1') as timestamptz) when regexp_full_match("created_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?') then try_cast("created_at__text" as timestamp) at time zone 'UTC' end as "created_at",
        case when lower("is_deleted__text") in ('true', 't', 'yes', 'y', '1') then true when lower("is_deleted__text") in ('false', 'f', 'no', 'n', '0') then false end as "is_deleted"
    from texts
)
select
    _row_number,
    "product_id" as "product_id",
    "updated_at" as "updated_at",
    "name" as "name",
    "category" as "category",
    "price" as "price",
    "is_active" as "is_active",
    "created_at" as "created_at",
    "is_deleted" as "is_deleted",
    concat_ws(chr(31), coalesce(strlen("product_id") || ':' || "product_id"::varchar, ''), coalesce("updated_at"::varchar, '')) as _identity,
    false as _is_derived,
    ("updated_at" at time zone getvariable('business_timezone'))::date as _event_day,
    case when (_unparsed is not null) or (_unparsed is null and "product_id__text" is null) or (length("product_id") > 200) or (_unparsed is null and "updated_at__text" is null) or ("updated_at__text" is not null and "updated_at" is null) or (_unparsed is null and "name__text" is null) or ("price__text" is not null and "price" is null) or ("price" < 0) or ("is_active__text" is not null and "is_active" is null) or ("created_at__text" is not null and "created_at" is null) or ("is_deleted__text" is not null and "is_deleted" is null) then concat_ws(',', case when _unparsed is not null then '0' end, case when _unparsed is null and "product_id__text" is null then '1' end, case when length("product_id") > 200 then '2' end, case when _unparsed is null and "updated_at__text" is null then '3' end, case when "updated_at__text" is not null and "updated_at" is null then '4' end, case when _unparsed is null and "name__text" is null then '5' end, case when "price__text" is not null and "price" is null then '6' end, case when "price" < 0 then '7' end, case when "is_active__text" is not null and "is_active" is null then '8' end, case when "created_at__text" is not null and "created_at" is null then '9' end, case when "is_deleted__text" is not null and "is_deleted" is null then '10' end) end as _violations,
    null::varchar as _warnings
from typed
