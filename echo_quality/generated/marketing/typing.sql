-- Generated from contracts/marketing.yaml 1.0.0; do not edit.
with texts as (
    select
        _row_number,
        _unparsed,
        case when contains("event_id", ' ') then nullif(trim("event_id", ' '), '') else "event_id" end as "event_id__text",
        case when contains("event_date", ' ') then nullif(trim("event_date", ' '), '') else "event_date" end as "event_date__text",
        case when contains("channel", ' ') then nullif(trim("channel", ' '), '') else "channel" end as "channel__text",
        case when contains("campaign", ' ') then nullif(trim("campaign", ' '), '') else "campaign" end as "campaign__text",
        case when contains("leads", ' ') then nullif(trim("leads", ' '), '') else "leads" end as "leads__text",
        case when contains("conversions", ' ') then nullif(trim("conversions", ' '), '') else "conversions" end as "conversions__text",
        case when contains("spend", ' ') then nullif(trim("spend", ' '), '') else "spend" end as "spend__text",
        case when contains("status", ' ') then nullif(trim("status", ' '), '') else "status" end as "status__text"
    from landed
),
typed as (
    select
        _row_number,
        _unparsed,
        "event_id__text",
        "event_date__text",
        "channel__text",
        "campaign__text",
        "leads__text",
        "conversions__text",
        "spend__text",
        "status__text",
        "event_id__text" as "event_id",
        case when try_cast("event_date__text" as date) between '1900-01-01' and '2199-12-31' and try_cast("event_date__text" as date)::varchar = "event_date__text" then try_cast("event_date__text" as date) when length("event_date__text") > 10 and regexp_full_match("event_date__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)') then ((try_cast(regexp_replace("event_date__text", ' ([Z+-])', '\1') as timestamptz)) at time zone getvariable('business_timezone'))::date when regexp_full_match("event_date__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?') then ((try_cast("event_date__text" as timestamp) at time zone 'UTC') at time zone getvariable('business_timezone'))::date end as "event_date",
        "channel__text" as "channel",
        "campaign__text" as "campaign",
        case when try_cast("leads__text" as bigint)::varchar = "leads__text" or regexp_full_match("leads__text", '[+-]?[0-9]+') then try_cast("leads__text" as bigint) end as "leads",
        case when try_cast("conversions__text" as bigint)::varchar = "conversions__text" or regexp_full_match("conversions__text", '[+-]?[0-9]+') then try_cast("conversions__text" as bigint) end as "conversions",
        case when try_cast("spend__text" as numeric(18,2))::varchar = "spend__text" or regexp_full_match("spend__text", '[+-]?(?:[0-9]+(?:[.][0-9]{0,2}0*)?|[.][0-9]{1,2}0*)') then try_cast("spend__text" as numeric(18,2)) end as "spend",
        "status__text" as "status"
    from texts
)
select
    _row_number,
    "event_id" as "event_id",
    "event_date" as "event_date",
    "channel" as "channel",
    "campaign" as "campaign",
    "leads" as "leads",
    "conversions" as "conversions",
    "spend" as "spend",
    "status" as "status",
    coalesce("event_id", concat_ws(chr(31), coalesce("event_date"::varchar, ''), coalesce(strlen("channel") || ':' || "channel"::varchar, ''), coalesce(strlen("campaign") || ':' || "campaign"::varchar, ''))) as _identity,
    "event_id" is null as _is_derived,
    "event_date" as _event_day,
    case when (_unparsed is not null) or (length("event_id") > 200) or (_unparsed is null and "event_date__text" is null) or ("event_date__text" is not null and "event_date" is null) or (_unparsed is null and "channel__text" is null) or (_unparsed is null and "leads__text" is null) or ("leads__text" is not null and "leads" is null) or ("leads" < 0) or (_unparsed is null and "conversions__text" is null) or ("conversions__text" is not null and "conversions" is null) or ("conversions" < 0) or (_unparsed is null and "spend__text" is null) or ("spend__text" is not null and "spend" is null) or ("spend" < 0) or (not (conversions <= leads)) then concat_ws(',', case when _unparsed is not null then '0' end, case when length("event_id") > 200 then '1' end, case when _unparsed is null and "event_date__text" is null then '2' end, case when "event_date__text" is not null and "event_date" is null then '3' end, case when _unparsed is null and "channel__text" is null then '4' end, case when _unparsed is null and "leads__text" is null then '6' end, case when "leads__text" is not null and "leads" is null then '7' end, case when "leads" < 0 then '8' end, case when _unparsed is null and "conversions__text" is null then '9' end, case when "conversions__text" is not null and "conversions" is null then '10' end, case when "conversions" < 0 then '11' end, case when _unparsed is null and "spend__text" is null then '12' end, case when "spend__text" is not null and "spend" is null then '13' end, case when "spend" < 0 then '14' end, case when not (conversions <= leads) then '15' end) end as _violations,
    case when (translate("channel", 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') not in ('affiliate', 'affiliates', 'bing', 'bing ads', 'bing_ads', 'microsoft ads', 'direct', 'direct traffic', 'display', 'display ads', 'display_ads', 'e-mail', 'email', 'email marketing', 'newsletter', 'facebook', 'facebook ads', 'facebook_ads', 'fb', 'meta ads', 'adwords', 'google ads', 'google adwords', 'google_ads', 'googleads', 'ig', 'instagram', 'instagram ads', 'linked in', 'linkedin', 'linkedin ads', 'linkedin_ads', 'organic', 'organic search', 'organic_search', 'seo', 'paid search', 'paid_search', 'partner', 'partners', 'podcast', 'podcasts', 'referral', 'referrals', 'social', 'social media', 'social_media', 'tik tok', 'tiktok', 'tiktok ads', 'twitter', 'twitter ads', 'x', 'x ads', 'youtube', 'youtube ads', 'youtube_ads')) then concat_ws(',', case when translate("channel", 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') not in ('affiliate', 'affiliates', 'bing', 'bing ads', 'bing_ads', 'microsoft ads', 'direct', 'direct traffic', 'display', 'display ads', 'display_ads', 'e-mail', 'email', 'email marketing', 'newsletter', 'facebook', 'facebook ads', 'facebook_ads', 'fb', 'meta ads', 'adwords', 'google ads', 'google adwords', 'google_ads', 'googleads', 'ig', 'instagram', 'instagram ads', 'linked in', 'linkedin', 'linkedin ads', 'linkedin_ads', 'organic', 'organic search', 'organic_search', 'seo', 'paid search', 'paid_search', 'partner', 'partners', 'podcast', 'podcasts', 'referral', 'referrals', 'social', 'social media', 'social_media', 'tik tok', 'tiktok', 'tiktok ads', 'twitter', 'twitter ads', 'x', 'x ads', 'youtube', 'youtube ads', 'youtube_ads') then '5' end) end as _warnings
from typed
