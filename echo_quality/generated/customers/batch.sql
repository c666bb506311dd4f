with texts as (
    select
        _row_id,
        _unparsed,
        coalesce(nullif(btrim("customer_id"), ''), case when _unparsed is not null then '' end) as "customer_id__text",
        coalesce(nullif(btrim("updated_at"), ''), case when _unparsed is not null then '' end) as "updated_at__text",
        nullif(btrim("email"), '') as "email__text",
        nullif(btrim("name"), '') as "name__text",
        nullif(btrim("segment"), '') as "segment__text",
        nullif(btrim("plan_type"), '') as "plan_type__text",
        nullif(btrim("acquisition_channel"), '') as "acquisition_channel__text",
        coalesce(nullif(btrim("created_at"), ''), case when _unparsed is not null then '' end) as "created_at__text",
        nullif(btrim("is_deleted"), '') as "is_deleted__text"
    from raw."customers"
    where _row_id between :first_row_id and :last_row_id
),
typed as (
    select
        texts.*,
        nullif("customer_id__text", '') as "customer_id",
        case when length("updated_at__text") > 10 and "updated_at__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?))$' then case when pg_input_is_valid("updated_at__text", 'timestamptz') then ("updated_at__text")::timestamptz end when "updated_at__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?)$' then case when pg_input_is_valid("updated_at__text", 'timestamp') then ("updated_at__text")::timestamp at time zone 'UTC' end end as "updated_at",
        nullif("email__text", '') as "email",
        nullif("name__text", '') as "name",
        nullif("segment__text", '') as "segment",
        nullif("plan_type__text", '') as "plan_type",
        nullif("acquisition_channel__text", '') as "acquisition_channel",
        case when length("created_at__text") > 10 and "created_at__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?))$' then case when pg_input_is_valid("created_at__text", 'timestamptz') then ("created_at__text")::timestamptz end when "created_at__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?)$' then case when pg_input_is_valid("created_at__text", 'timestamp') then ("created_at__text")::timestamp at time zone 'UTC' end end as "created_at",
        case when lower("is_deleted__text") in ('true', 't', 'yes', 'y', '1') then true when lower("is_deleted__text") in ('false', 'f', 'no', 'n', '0') then false end as "is_deleted"
    from texts
)
select
    typed.*,
    (_row_id & 4294967295) as _row_number,
    case when "updated_at" is null then nullif("updated_at__text", '') end as "updated_at__unreadable",
    case when "created_at" is null then nullif("created_at__text", '') end as "created_at__unreadable",
    case when "is_deleted" is null then nullif("is_deleted__text", '') end as "is_deleted__unreadable"
from typed
