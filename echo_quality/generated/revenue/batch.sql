with texts as (
    select
        _row_id,
        _unparsed,
        coalesce(nullif(btrim("transaction_id"), ''), case when _unparsed is not null then '' end) as "transaction_id__text",
        coalesce(nullif(btrim("transaction_date"), ''), case when _unparsed is not null then '' end) as "transaction_date__text",
        coalesce(nullif(btrim("amount"), ''), case when _unparsed is not null then '' end) as "amount__text",
        coalesce(coalesce(nullif(btrim("currency"), ''), 'USD'), case when _unparsed is not null then '' end) as "currency__text",
        coalesce(nullif(btrim("customer_id"), ''), case when _unparsed is not null then '' end) as "customer_id__text",
        nullif(btrim("product_id"), '') as "product_id__text",
        nullif(btrim("product"), '') as "product__text",
        nullif(btrim("quantity"), '') as "quantity__text",
        nullif(btrim("discount"), '') as "discount__text",
        nullif(btrim("channel"), '') as "channel__text",
        lower(coalesce(nullif(btrim("status"), ''), case when _unparsed is not null then '' end)) as "status__text",
        nullif(btrim("payment_method"), '') as "payment_method__text"
    from raw."revenue"
    where _row_id between :first_row_id and :last_row_id
),
typed as (
    select
        texts.*,
        nullif("transaction_id__text", '') as "transaction_id",
        case when length("transaction_date__text") > 10 and "transaction_date__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)? ?(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?))$' then case when pg_input_is_valid("transaction_date__text", 'timestamptz') then ((("transaction_date__text")::timestamptz) at time zone :business_timezone)::date end when "transaction_date__text" ~ '^((?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?)$' then case when pg_input_is_valid("transaction_date__text", 'timestamp') then case when strpos("transaction_date__text", ':') = 0 then ("transaction_date__text")::date else ((("transaction_date__text")::timestamp at time zone 'UTC') at time zone :business_timezone)::date end end end as "transaction_date",
        case when "amount__text" ~ '^([+-]?(?:[0-9]+(?:[.][0-9]{0,2}0*)?|[.][0-9]{1,2}0*))$' and pg_input_is_valid("amount__text", 'numeric(18,2)') then "amount__text"::numeric(18,2) end as "amount",
        nullif("currency__text", '') as "currency",
        nullif("customer_id__text", '') as "customer_id",
        nullif("product_id__text", '') as "product_id",
        nullif("product__text", '') as "product",
        case when "quantity__text" ~ '^([+-]?(?:[0-9]+(?:[.][0-9]{0,3}0*)?|[.][0-9]{1,3}0*))$' and pg_input_is_valid("quantity__text", 'numeric(18,3)') then "quantity__text"::numeric(18,3) end as "quantity",
        case when "discount__text" ~ '^([+-]?(?:[0-9]+(?:[.][0-9]{0,2}0*)?|[.][0-9]{1,2}0*))$' and pg_input_is_valid("discount__text", 'numeric(18,2)') then "discount__text"::numeric(18,2) end as "discount",
        nullif("channel__text", '') as "channel",
        nullif("status__text", '') as "status",
        nullif("payment_method__text", '') as "payment_method"
    from texts
)
select
    typed.*,
    (_row_id & 4294967295) as _row_number,
    case when "transaction_date" is null then nullif("transaction_date__text", '') end as "transaction_date__unreadable",
    case when "amount" is null then nullif("amount__text", '') end as "amount__unreadable",
    case when "quantity" is null then nullif("quantity__text", '') end as "quantity__unreadable",
    case when "discount" is null then nullif("discount__text", '') end as "discount__unreadable",
    (amount > 0 or (amount < 0 and coalesce(quantity, 0) < 0)) as "amount_positive__holds"
from typed
