-- Generated from contracts/funnel_events.yaml 1.0.0; do not edit.
with texts as (
    select
        _row_number,
        _unparsed,
        nullif(trim("event_id"), '') as "event_id__text",
        nullif(trim("lead_id"), '') as "lead_id__text",
        nullif(trim("channel"), '') as "channel__text",
        nullif(trim("campaign"), '') as "campaign__text",
        lower(nullif(trim("stage"), '')) as "stage__text",
        nullif(trim("event_at"), '') as "event_at__text"
    from landed
),
typed as (
    select
        _row_number,
        _unparsed,
        "event_id__text",
        "lead_id__text",
        "channel__text",
        "campaign__text",
        "stage__text",
        "event_at__text",
        "event_id__text" as "event_id",
        "lead_id__text" as "lead_id",
        "channel__text" as "channel",
        "campaign__text" as "campaign",
        "stage__text" as "stage",
        case when length("event_at__text") > 10 and regexp_full_match("event_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,6})?)? ?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)') then try_cast(replace("event_at__text", ' Z', 'Z') as timestamptz) when regexp_full_match("event_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,6})?)?)?') then try_cast("event_at__text" as timestamp) at time zone 'UTC' end as "event_at"
    from texts
)
select
    _row_number,
    "event_id" as "event_id",
    "lead_id" as "lead_id",
    "channel" as "channel",
    "campaign" as "campaign",
    "stage" as "stage",
    "event_at" as "event_at",
    "event_id" as _identity,
    false as _is_derived,
    ("event_at" at time zone getvariable('business_timezone'))::date as _event_day,
    case when (_unparsed is not null) or (_unparsed is null and "event_id__text" is null) or (_unparsed is null and "lead_id__text" is null) or (_unparsed is null and "channel__text" is null) or (_unparsed is null and "stage__text" is null) or ("stage" not in ('lead', 'qualified', 'opportunity', 'customer')) or (_unparsed is null and "event_at__text" is null) or ("event_at__text" is not null and "event_at" is null) then concat_ws(',', case when _unparsed is not null then '0' end, case when _unparsed is null and "event_id__text" is null then '1' end, case when _unparsed is null and "lead_id__text" is null then '2' end, case when _unparsed is null and "channel__text" is null then '3' end, case when _unparsed is null and "stage__text" is null then '4' end, case when "stage" not in ('lead', 'qualified', 'opportunity', 'customer') then '5' end, case when _unparsed is null and "event_at__text" is null then '6' end, case when "event_at__text" is not null and "event_at" is null then '7' end) end as _violations,
    null::varchar as _warnings
from typed
