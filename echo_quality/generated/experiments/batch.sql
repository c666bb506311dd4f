with texts as (
    select
        _row_id,
        _unparsed,
        coalesce(nullif(btrim("experiment_id"), ''), case when _unparsed is not null then '' end) as "experiment_id__text",
        coalesce(nullif(btrim("name"), ''), case when _unparsed is not null then '' end) as "name__text",
        lower(coalesce(coalesce(nullif(btrim("unit"), ''), 'user'), case when _unparsed is not null then '' end)) as "unit__text",
        coalesce(nullif(btrim("arms"), ''), case when _unparsed is not null then '' end) as "arms__text",
        coalesce(nullif(btrim("control"), ''), case when _unparsed is not null then '' end) as "control__text",
        coalesce(nullif(btrim("primary_metric"), ''), case when _unparsed is not null then '' end) as "primary_metric__text",
        nullif(btrim("secondary_metrics"), '') as "secondary_metrics__text",
        nullif(btrim("guardrails"), '') as "guardrails__text",
        coalesce(nullif(btrim("mde"), ''), case when _unparsed is not null then '' end) as "mde__text",
        coalesce(nullif(btrim("alpha"), ''), case when _unparsed is not null then '' end) as "alpha__text",
        coalesce(nullif(btrim("power"), ''), case when _unparsed is not null then '' end) as "power__text",
        nullif(btrim("looks"), '') as "looks__text",
        coalesce(nullif(btrim("started_at"), ''), case when _unparsed is not null then '' end) as "started_at__text",
        nullif(btrim("ends_at"), '') as "ends_at__text",
        nullif(btrim("min_days"), '') as "min_days__text"
    from raw."experiments"
    where _row_id between :first_row_id and :last_row_id
),
typed as (
    select
        texts.*,
        nullif("experiment_id__text", '') as "experiment_id",
        nullif("name__text", '') as "name",
        nullif("unit__text", '') as "unit",
        case when length("arms__text") > 10000 or regexp_replace("arms__text", '"([^"\\]|\\.)*"', '""', 'g') ~ '[Nn][Aa][Nn]|[Ii][Nn][Ff]|,[ \t\r\n]*[]}]|[Ee][+-]?[0-9]{4}' then null when pg_input_is_valid("arms__text", 'jsonb') then "arms__text" end as "arms",
        nullif("control__text", '') as "control",
        nullif("primary_metric__text", '') as "primary_metric",
        case when length("secondary_metrics__text") > 10000 or regexp_replace("secondary_metrics__text", '"([^"\\]|\\.)*"', '""', 'g') ~ '[Nn][Aa][Nn]|[Ii][Nn][Ff]|,[ \t\r\n]*[]}]|[Ee][+-]?[0-9]{4}' then null when pg_input_is_valid("secondary_metrics__text", 'jsonb') then "secondary_metrics__text" end as "secondary_metrics",
        case when length("guardrails__text") > 10000 or regexp_replace("guardrails__text", '"([^"\\]|\\.)*"', '""', 'g') ~ '[Nn][Aa][Nn]|[Ii][Nn][Ff]|,[ \t\r\n]*[]}]|[Ee][+-]?[0-9]{4}' then null when pg_input_is_valid("guardrails__text", 'jsonb') then "guardrails__text" end as "guardrails",
        case when "mde__text" ~ '^([+-]?(?:[0-9]+(?:[.][0-9]{0,6}0*)?|[.][0-9]{1,6}0*))$' and pg_input_is_valid("mde__text", 'numeric(18,6)') then "mde__text"::numeric(18,6) end as "mde",
        case when "alpha__text" ~ '^([+-]?(?:[0-9]+(?:[.][0-9]{0,6}0*)?|[.][0-9]{1,6}0*))$' and pg_input_is_valid("alpha__text", 'numeric(18,6)') then "alpha__text"::numeric(18,6) end as "alpha",
        case when "power__text" ~ '^([+-]?(?:[0-9]+(?:[.][0-9]{0,6}0*)?|[.][0-9]{1,6}0*))$' and pg_input_is_valid("power__text", 'numeric(18,6)') then "power__text"::numeric(18,6) end as "power",
        nullif("looks__text", '') as "looks",
        case when length("started_at__text") > 10 and "started_at__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?))$' then case when pg_input_is_valid("started_at__text", 'timestamptz') then ("started_at__text")::timestamptz end when "started_at__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?)$' then case when pg_input_is_valid("started_at__text", 'timestamp') then ("started_at__text")::timestamp at time zone 'UTC' end end as "started_at",
        case when length("ends_at__text") > 10 and "ends_at__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?))$' then case when pg_input_is_valid("ends_at__text", 'timestamptz') then ("ends_at__text")::timestamptz end when "ends_at__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?)$' then case when pg_input_is_valid("ends_at__text", 'timestamp') then ("ends_at__text")::timestamp at time zone 'UTC' end end as "ends_at",
        case when "min_days__text" ~ '^([+-]?[0-9]+)$' and pg_input_is_valid("min_days__text", 'bigint') then "min_days__text"::bigint end as "min_days"
    from texts
)
select
    typed.*,
    (_row_id & 4294967295) as _row_number,
    case when "arms" is null then nullif("arms__text", '') end as "arms__unreadable",
    case when "secondary_metrics" is null then nullif("secondary_metrics__text", '') end as "secondary_metrics__unreadable",
    case when "guardrails" is null then nullif("guardrails__text", '') end as "guardrails__unreadable",
    case when "mde" is null then nullif("mde__text", '') end as "mde__unreadable",
    case when "alpha" is null then nullif("alpha__text", '') end as "alpha__unreadable",
    case when "power" is null then nullif("power__text", '') end as "power__unreadable",
    case when "started_at" is null then nullif("started_at__text", '') end as "started_at__unreadable",
    case when "ends_at" is null then nullif("ends_at__text", '') end as "ends_at__unreadable",
    case when "min_days" is null then nullif("min_days__text", '') end as "min_days__unreadable",
    (ends_at >= started_at) as "ends_after_started__holds"
from typed
