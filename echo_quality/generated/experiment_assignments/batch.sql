with texts as (
    select
        _row_id,
        _unparsed,
        coalesce(nullif(btrim("experiment_id"), ''), case when _unparsed is not null then '' end) as "experiment_id__text",
        coalesce(nullif(btrim("user_id"), ''), case when _unparsed is not null then '' end) as "user_id__text",
        coalesce(nullif(btrim("variant"), ''), case when _unparsed is not null then '' end) as "variant__text",
        coalesce(nullif(btrim("assigned_at"), ''), case when _unparsed is not null then '' end) as "assigned_at__text",
        nullif(btrim("converted"), '') as "converted__text",
        nullif(btrim("converted_at"), '') as "converted_at__text",
        nullif(btrim("revenue"), '') as "revenue__text"
    from raw."experiment_assignments"
    where _row_id between :first_row_id and :last_row_id
),
typed as (
    select
        texts.*,
        nullif("experiment_id__text", '') as "experiment_id",
        nullif("user_id__text", '') as "user_id",
        nullif("variant__text", '') as "variant",
        case when length("assigned_at__text") > 10 and "assigned_at__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?))$' then case when pg_input_is_valid("assigned_at__text", 'timestamptz') then ("assigned_at__text")::timestamptz end when "assigned_at__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?)$' then case when pg_input_is_valid("assigned_at__text", 'timestamp') then ("assigned_at__text")::timestamp at time zone 'UTC' end end as "assigned_at",
        case when lower("converted__text") in ('true', 't', 'yes', 'y', '1') then true when lower("converted__text") in ('false', 'f', 'no', 'n', '0') then false end as "converted",
        case when length("converted_at__text") > 10 and "converted_at__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?))$' then case when pg_input_is_valid("converted_at__text", 'timestamptz') then ("converted_at__text")::timestamptz end when "converted_at__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?)$' then case when pg_input_is_valid("converted_at__text", 'timestamp') then ("converted_at__text")::timestamp at time zone 'UTC' end end as "converted_at",
        case when "revenue__text" ~ '^([+-]?(?:[0-9]+(?:[.][0-9]{0,2}0*)?|[.][0-9]{1,2}0*))$' and pg_input_is_valid("revenue__text", 'numeric(18,2)') then "revenue__text"::numeric(18,2) end as "revenue"
    from texts
)
select
    typed.*,
    (_row_id & 4294967295) as _row_number,
    case when "assigned_at" is null then nullif("assigned_at__text", '') end as "assigned_at__unreadable",
    case when "converted" is null then nullif("converted__text", '') end as "converted__unreadable",
    case when "converted_at" is null then nullif("converted_at__text", '') end as "converted_at__unreadable",
    case when "revenue" is null then nullif("revenue__text", '') end as "revenue__unreadable"
from typed
