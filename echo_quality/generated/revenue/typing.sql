-- Generated from contracts/revenue.yaml 1.0.0; do not edit.
with texts as (
    select
        _row_number,
        _unparsed,
        case when contains("transaction_id", ' ') then nullif(trim("transaction_id", ' '), '') else "transaction_id" end as "transaction_id__text",
        case when contains("transaction_date", ' ') then nullif(trim("transaction_date", ' '), '') else "transaction_date" end as "transaction_date__text",
        case when contains("amount", ' ') then nullif(trim("amount", ' '), '') else "amount" end as "amount__text",
        coalesce(case when contains("currency", ' ') then nullif(trim("currency", ' '), '') else "currency" end, 'USD') as "currency__text",
        case when contains("customer_id", ' ') then nullif(trim("customer_id", ' '), '') else "customer_id" end as "customer_id__text",
        case when contains("product_id", ' ') then nullif(trim("product_id", ' '), '') else "product_id" end as "product_id__text",
        case when contains("product", ' ') then nullif(trim("product", ' '), '') else "product" end as "product__text",
        case when contains("quantity", ' ') then nullif(trim("quantity", ' '), '') else "quantity" end as "quantity__text",
        case when contains("discount", ' ') then nullif(trim("discount", ' '), '') else "discount" end as "discount__text",
        case when contains("channel", ' ') then nullif(trim("channel", ' '), '') else "channel" end as "channel__text",
        lower(case when contains("status", ' ') then nullif(trim("status", ' '), '') else "status" end) as "status__text",
        case when contains("payment_method", ' ') then nullif(trim("payment_method", ' '), '') else "payment_method" end as "payment_method__text"
    from landed
),
typed as (
    select
        _row_number,
        _unparsed,
        "transaction_id__text",
        "transaction_date__text",
        "amount__text",
        "currency__text",
        "customer_id__text",
        "product_id__text",
        "product__text",
        "quantity__text",
        "discount__text",
        "channel__text",
        "status__text",
        "payment_method__text",
        "transaction_id__text" as "transaction_id",
        case when try_cast("transaction_date__text" as date) between '1900-01-01' and '2199-12-31' and try_cast("transaction_date__text" as date)::varchar = "transaction_date__text" then try_cast("transaction_date__text" as date) when length("transaction_date__text") > 10 and regexp_full_match("transaction_date__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)') then ((try_cast(regexp_replace("transaction_date__text", ' ([Z+-])', '\1') as timestamptz)) at time zone getvariable('business_timezone'))::date when regexp_full_match("transaction_date__text", '(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?') then ((try_cast("transaction_date__text" as timestamp) at time zone 'UTC') at time zone getvariable('business_timezone'))::date end as "transaction_date",
        case when try_cast("amount__text" as numeric(18,2))::varchar = "amount__text" or regexp_full_match("amount__text", '[+-]?(?:[0-9]+(?:[.][0-9]{0,2}0*)?|[.][0-9]{1,2}0*)') then try_cast("amount__text" as numeric(18,2)) end as "amount",
        "currency__text" as "currency",
        "customer_id__text" as "customer_id",
        "product_id__text" as "product_id",
        "product__text" as "product",
        case when try_cast("quantity__text" as numeric(18,3))::varchar = "quantity__text" or regexp_full_match("quantity__text", '[+-]?(?:[0-9]+(?:[.][0-9]{0,3}0*)?|[.][0-9]{1,3}0*)') then try_cast("quantity__text" as numeric(18,3)) end as "quantity",
        case when try_cast("discount__text" as numeric(18,2))::varchar = "discount__text" or regexp_full_match("discount__text", '[+-]?(?:[0-9]+(?:[.][0-9]{0,2}0*)?|[.][0-9]{1,2}0*)') then try_cast("discount__text" as numeric(18,2)) end as "discount",
        "channel__text" as "channel",
        "status__text" as "status",
        "payment_method__text" as "payment_method"
    from texts
)
select
    _row_number,
    "transaction_id" as "transaction_id",
    "transaction_date" as "transaction_date",
    "amount" as "amount",
    "currency" as "currency",
    "customer_id" as "customer_id",
    "product_id" as "product_id",
    "product" as "product",
    "quantity" as "quantity",
    "discount" as "discount",
    "channel" as "channel",
    "status" as "status",
    "payment_method" as "payment_method",
    coalesce("transaction_id", concat_ws(chr(31), coalesce("transaction_date"::varchar, ''), coalesce("amount"::varchar, ''), coalesce(strlen("customer_id") || ':' || "customer_id"::varchar, ''), coalesce(strlen("product") || ':' || "product"::varchar, ''), coalesce("quantity"::varchar, ''))) as _identity,
    "transaction_id" is null as _is_derived,
    "transaction_date" as _event_day,
    case when (_unparsed is not null) or (length("transaction_id") > 200) or (_unparsed is null and "transaction_date__text" is null) or ("transaction_date__text" is not null and "transaction_date" is null) or (_unparsed is null and "amount__text" is null) or ("amount__text" is not null and "amount" is null) or ("amount" < -1000000 or "amount" > 1000000) or ("currency" not in ('USD')) or (_unparsed is null and "customer_id__text" is null) or ("quantity__text" is not null and "quantity" is null) or ("discount__text" is not null and "discount" is null) or ("discount" < 0) or (_unparsed is null and "status__text" is null) or ("status" not in ('paid', 'completed', 'refunded', 'failed', 'cancelled', 'pending')) or (not (amount > 0 or (amount < 0 and coalesce(quantity, 0) < 0))) then concat_ws(',', case when _unparsed is not null then '0' end, case when length("transaction_id") > 200 then '1' end, case when _unparsed is null and "transaction_date__text" is null then '2' end, case when "transaction_date__text" is not null and "transaction_date" is null then '3' end, case when _unparsed is null and "amount__text" is null then '4' end, case when "amount__text" is not null and "amount" is null then '5' end, case when "amount" < -1000000 or "amount" > 1000000 then '6' end, case when "currency" not in ('USD') then '7' end, case when _unparsed is null and "customer_id__text" is null then '8' end, case when "quantity__text" is not null and "quantity" is null then '9' end, case when "discount__text" is not null and "discount" is null then '10' end, case when "discount" < 0 then '11' end, case when _unparsed is null and "status__text" is null then '12' end, case when "status" not in ('paid', 'completed', 'refunded', 'failed', 'cancelled', 'pending') then '13' end, case when not (amount > 0 or (amount < 0 and coalesce(quantity, 0) < 0)) then '14' end) end as _violations,
    null::varchar as _warnings
from typed
