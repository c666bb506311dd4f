with texts as (
    select
        _row_id,
        _unparsed,
        coalesce(nullif(btrim("event_id"), ''), case when _unparsed is not null then '' end) as "event_id__text",
        coalesce(nullif(btrim("lead_id"), ''), case when _unparsed is not null then '' end) as "lead_id__text",
        coalesce(nullif(btrim("channel"), ''), case when _unparsed is not null then '' end) as "channel__text",
        nullif(btrim("campaign"), '') as "campaign__text",
        lower(coalesce(nullif(btrim("stage"), ''), case when _unparsed is not null then '' end)) as "stage__text",
        coalesce(nullif(btrim("event_at"), ''), case when _unparsed is not null then '' end) as "event_at__text"
    from raw."funnel_events"
    where _row_id between :first_row_id and :last_row_id
),
typed as (
    select
        texts.*,
        nullif("event_id__text", '') as "event_id",
        nullif("lead_id__text", '') as "lead_id",
        nullif("channel__text", '') as "channel",
        nullif("campaign__text", '') as "campaign",
        nullif("stage__text", '') as "stage",
        case when length("event_at__text") > 10 and "event_at__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?))$' then case when pg_input_is_valid("event_at__text", 'timestamptz') then ("event_at__text")::timestamptz end when "event_at__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?)$' then case when pg_input_is_valid("event_at__text", 'timestamp') then ("event_at__text")::timestamp at time zone 'UTC' end end as "event_at"
    from texts
)
select
    typed.*,
    (_row_id & 4294967295) as _row_number,
    case when "event_at" is null then nullif("event_at__text", '') end as "event_at__unreadable"
from typed
