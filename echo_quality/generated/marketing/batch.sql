with texts as (
    select
        _row_id,
        _unparsed,
        coalesce(nullif(btrim("event_id"), ''), case when _unparsed is not null then '' end) as "event_id__text",
        coalesce(nullif(btrim("event_date"), ''), case when _unparsed is not null then '' end) as "event_date__text",
        coalesce(nullif(btrim("channel"), ''), case when _unparsed is not null then '' end) as "channel__text",
        nullif(btrim("campaign"), '') as "campaign__text",
        coalesce(nullif(btrim("leads"), ''), case when _unparsed is not null then '' end) as "leads__text",
        coalesce(nullif(btrim("conversions"), ''), case when _unparsed is not null then '' end) as "conversions__text",
        coalesce(nullif(btrim("spend"), ''), case when _unparsed is not null then '' end) as "spend__text",
        nullif(btrim("status"), '') as "status__text"
    from raw."marketing"
    where _row_id between :first_row_id and :last_row_id
),
typed as (
    select
        texts.*,
        nullif("event_id__text", '') as "event_id",
        case when length("event_date__text") > 10 and "event_date__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?))$' then case when pg_input_is_valid("event_date__text", 'timestamptz') then ((("event_date__text")::timestamptz) at time zone :business_timezone)::date end when "event_date__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?)$' then case when pg_input_is_valid("event_date__text", 'timestamp') then case when strpos("event_date__text", ':') = 0 then ("event_date__text")::date else ((("event_date__text")::timestamp at time zone 'UTC') at time zone :business_timezone)::date end end end as "event_date",
        nullif("channel__text", '') as "channel",
        nullif("campaign__text", '') as "campaign",
        case when "leads__text" ~ '^([+-]?[0-9]+)$' and pg_input_is_valid("leads__text", 'bigint') then "leads__text"::bigint end as "leads",
        case when "conversions__text" ~ '^([+-]?[0-9]+)$' and pg_input_is_valid("conversions__text", 'bigint') then "conversions__text"::bigint end as "conversions",
        case when "spend__text" ~ '^([+-]?(?:[0-9]+(?:[.][0-9]{0,2}0*)?|[.][0-9]{1,2}0*))$' and pg_input_is_valid("spend__text", 'numeric(18,2)') then "spend__text"::numeric(18,2) end as "spend",
        nullif("status__text", '') as "status"
    from texts
)
select
    typed.*,
    (_row_id & 4294967295) as _row_number,
    case when "event_date" is null then nullif("event_date__text", '') end as "event_date__unreadable",
    translate("channel", 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') in ('affiliate', 'affiliates', 'bing', 'bing ads', 'bing_ads', 'microsoft ads', 'direct', 'direct traffic', 'display', 'display ads', 'display_ads', 'e-mail', 'email', 'email marketing', 'newsletter', 'facebook', 'facebook ads', 'facebook_ads', 'fb', 'meta ads', 'adwords', 'google ads', 'google adwords', 'google_ads', 'googleads', 'ig', 'instagram', 'instagram ads', 'linked in', 'linkedin', 'linkedin ads', 'linkedin_ads', 'organic', 'organic search', 'organic_search', 'seo', 'paid search', 'paid_search', 'partner', 'partners', 'podcast', 'podcasts', 'referral', 'referrals', 'social', 'social media', 'social_media', 'tik tok', 'tiktok', 'tiktok ads', 'twitter', 'twitter ads', 'x', 'x ads', 'youtube', 'youtube ads', 'youtube_ads') as "channel_known__holds",
    case when "leads" is null then nullif("leads__text", '') end as "leads__unreadable",
    case when "conversions" is null then nullif("conversions__text", '') end as "conversions__unreadable",
    case when "spend" is null then nullif("spend__text", '') end as "spend__unreadable",
    (conversions <= leads) as "conversions_at_most_leads__holds"
from typed
