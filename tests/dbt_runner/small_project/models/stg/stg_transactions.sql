select transaction_id, transaction_date, amount, customer_id, channel from {{ source('staging', 'revenue') }}
