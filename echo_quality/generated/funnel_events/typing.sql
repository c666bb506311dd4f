-- Generated from contracts/funnel_events.yaml 1.0.0; do not edit.
with texts as (
    select
        _row_number,
        _unparsed,
        case when contains("event_id", ' ') then nullif(trim("event_id", ' '), '') else "event_id" end as "event_id__text",
        case when contains("lead_id", ' ') then nullif(trim("lead_id", ' '), '') else "lead_id" end as "lead_id__text",
        case when contains("channel", ' ') then nullif(trim("channel", ' '), '') else "channel" end as "channel__text",
        case when contains("campaign", ' ') then nullif(trim("campaign", ' '), '') else "campaign" end as "campaign__text",
        lower(case when contains("stage", ' ') then nullif(trim("stage", ' '), '') else "stage" end) as "stage__text",
        case when contains("event_at", ' ') then nullif(trim("event_at", ' '), '') else "event_at" end as "event_at__text"
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
        case when length("event_at__text") > 10 and regexp_full_match("event_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)') then try_cast(regexp_replace("event_at__text", ' ([Z+-])', '\1') as timestamptz) when regexp_full_match("event_at__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?') then try_cast("event_at__text" as timestamp) at time zone 'UTC' end as "event_at"
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
    case when (_unparsed is not null) or (_unparsed is null and "event_id__text" is null) or (length("event_id") > 200) or (_unparsed is null and "lead_id__text" is null) or (_unparsed is null and "channel__text" is null) or (_unparsed is null and "stage__text" is null) or ("stage" not in ('lead', 'qualified', 'opportunity', 'customer')) or (_unparsed is null and "event_at__text" is null) or ("event_at__text" is not null and "event_at" is null) then concat_ws(',', case when _unparsed is not null then '0' end, case when _unparsed is null and "event_id__text" is null then '1' end, case when length("event_id") > 200 then '2' end, case when _unparsed is null and "lead_id__text" is null then '3' end, case when _unparsed is null and "channel__text" is null then '4' end, case when _unparsed is null and "stage__text" is null then '5' end, case when "stage" not in ('lead', 'qualified', 'opportunity', 'customer') then '6' end, case when _unparsed is null and "event_at__text" is null then '7' end, case when "event_at__text" is not null and "event_at" is null then '8' end) end as _violations,
    null::varchar as _warnings
from typed
