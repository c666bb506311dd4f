with

catalogued (metric, definition, grain, unit, owner, model, column_name) as (

    values
    (
        'total_revenue',
        'Sum of the revenue lines whose status counts (paid, completed); returns are negative lines.',
        'day', 'currency', 'analytics_team', 'revenue_daily', 'revenue'
    ),
    (
        'transactions',
        'Number of the revenue lines whose status counts, returns included.',
        'day', 'count', 'analytics_team', 'revenue_daily', 'transactions'
    ),
    (
        'refunded_amount',
        'Sum of the lines that were refunded; they are not in total_revenue.',
        'day', 'currency', 'analytics_team', 'revenue_daily', 'refunded_amount'
    ),
    (
        'failed_amount',
        'Sum of the lines whose payment failed; they are not in total_revenue.',
        'day', 'currency', 'analytics_team', 'revenue_daily', 'failed_amount'
    ),
    (
        'average_order_value',
        'total_revenue over transactions.',
        'month', 'currency', 'analytics_team', 'revenue_summary', 'average_order_value'
    ),
    (
        'customers',
        'Distinct customers with a counted line in the month.',
        'month', 'count', 'analytics_team', 'revenue_summary', 'customers'
    ),
    (
        'revenue_growth',
        'Change of total_revenue from the month before over that month, whole months only.',
        'month', 'fraction', 'analytics_team', 'revenue_summary', 'revenue_growth'
    ),
    (
        'revenue_share',
        'Share of the product in the revenue of all products.',
        'product', 'fraction', 'analytics_team', 'revenue_by_product', 'revenue_share'
    ),
    (
        'mrr',
        'Monthly recurring revenue of the subscriptions that are active when the month ends.',
        'month', 'currency', 'analytics_team', 'mrr_monthly', 'mrr'
    ),
    (
        'mrr_growth',
        'Change of mrr from the month before over that month.',
        'month', 'fraction', 'analytics_team', 'mrr_monthly', 'mrr_growth'
    ),
    (
        'active_subscribers',
        'Distinct customers that pay for an active subscription when the month ends.',
        'month', 'count', 'analytics_team', 'mrr_monthly', 'active_subscribers'
    ),
    (
        'active_subscriptions',
        'Active subscriptions that are paid for when the month ends.',
        'month', 'count', 'analytics_team', 'mrr_monthly', 'active_subscriptions'
    ),
    (
        'arpu',
        'mrr over active_subscribers.',
        'month', 'currency', 'analytics_team', 'mrr_monthly', 'arpu'
    ),
    (
        'new_mrr',
        'mrr of customers that never had any at the end of a month before.',
        'month', 'currency', 'analytics_team', 'mrr_waterfall', 'new_mrr'
    ),
    (
        'reactivation_mrr',
        'mrr of customers that had none a month before, but some earlier.',
        'month', 'currency', 'analytics_team', 'mrr_waterfall', 'reactivation_mrr'
    ),
    (
        'expansion_mrr',
        'What customers that had mrr a month before added to it.',
        'month', 'currency', 'analytics_team', 'mrr_waterfall', 'expansion_mrr'
    ),
    (
        'contraction_mrr',
        'What customers that still have mrr took off it.',
        'month', 'currency', 'analytics_team', 'mrr_waterfall', 'contraction_mrr'
    ),
    (
        'churn_mrr',
        'mrr of a month before of customers that have none now; a pause is churn.',
        'month', 'currency', 'analytics_team', 'mrr_waterfall', 'churn_mrr'
    ),
    (
        'arr',
        'Annual recurring revenue, 12 times the mrr of the quarter''s last month.',
        'quarter', 'currency', 'analytics_team', 'arr_quarterly', 'arr'
    ),
    (
        'nrr',
        'mrr now of the customers of a month before over their mrr then, expansion included.',
        'month', 'fraction', 'analytics_team', 'revenue_retention', 'nrr'
    ),
    (
        'grr',
        'The same without expansion.',
        'month', 'fraction', 'analytics_team', 'revenue_retention', 'grr'
    ),
    (
        'nrr_12m',
        'Net revenue retention over twelve months.',
        'month', 'fraction', 'analytics_team', 'revenue_retention', 'nrr_12m'
    ),
    (
        'grr_12m',
        'Gross revenue retention over twelve months.',
        'month', 'fraction', 'analytics_team', 'revenue_retention', 'grr_12m'
    ),
    (
        'lifetime_value',
        'Sum of a customer''s counted lines so far.',
        'customer', 'currency', 'analytics_team', 'customer_360', 'lifetime_value'
    ),
    (
        'days_since_last_order',
        'Days from a customer''s last counted line to the last day of the data.',
        'customer', 'days', 'analytics_team', 'customer_360', 'days_since_last_order'
    ),
    (
        'retention_rate',
        'Share of a cohort''s customers with a counted line in a later month.',
        'cohort and month', 'fraction', 'analytics_team', 'cohort_retention', 'retention_rate'
    ),
    (
        'leads',
        'Leads that the marketing rows report.',
        'channel', 'count', 'analytics_team', 'channel_performance', 'leads'
    ),
    (
        'conversions',
        'Conversions that the marketing rows report.',
        'channel', 'count', 'analytics_team', 'channel_performance', 'conversions'
    ),
    (
        'spend',
        'What the marketing rows say was spent.',
        'channel', 'currency', 'analytics_team', 'channel_performance', 'spend'
    ),
    (
        'conversion_rate',
        'conversions over leads.',
        'channel', 'fraction', 'analytics_team', 'channel_performance', 'conversion_rate'
    ),
    (
        'cost_per_lead',
        'spend over leads.',
        'channel', 'currency', 'analytics_team', 'channel_performance', 'cost_per_lead'
    ),
    (
        'cost_per_conversion',
        'spend over conversions.',
        'channel', 'currency', 'analytics_team', 'channel_performance', 'cost_per_conversion'
    ),
    (
        'roi',
        'Attributed revenue less spend, over spend; null where no revenue is attributed.',
        'campaign', 'fraction', 'analytics_team', 'campaign_roi', 'roi'
    ),
    (
        'lead_to_qualified_rate',
        'Share of a month''s leads that were ever qualified.',
        'campaign and month', 'fraction', 'analytics_team', 'funnel_cohorts', 'lead_to_qualified_rate'
    ),
    (
        'qualified_to_opp_rate',
        'Share of those that ever became an opportunity.',
        'campaign and month', 'fraction', 'analytics_team', 'funnel_cohorts', 'qualified_to_opp_rate'
    ),
    (
        'opp_to_customer_rate',
        'Share of those that ever became a customer.',
        'campaign and month', 'fraction', 'analytics_team', 'funnel_cohorts', 'opp_to_customer_rate'
    ),
    (
        'overall_conversion_rate',
        'Share of a month''s leads that ever became a customer.',
        'campaign and month', 'fraction', 'analytics_team', 'funnel_cohorts', 'overall_conversion_rate'
    ),
    (
        'cac',
        'Customer acquisition cost, spend over new customers.',
        'channel and month', 'currency', 'analytics_team', 'customer_acquisition', 'cac'
    ),
    (
        'ltv',
        'Revenue so far of the customers won in a month over their number.',
        'channel and month', 'currency', 'analytics_team', 'customer_acquisition', 'ltv'
    ),
    (
        'ltv_to_cac',
        'ltv over cac.',
        'channel and month', 'fraction', 'analytics_team', 'customer_acquisition', 'ltv_to_cac'
    ),
    (
        'payback_months',
        'Months until the revenue of the customers won in a month covers what they cost.',
        'channel and month', 'months', 'analytics_team', 'customer_acquisition', 'payback_months'
    ),
    (
        'experiment_conversion_rate',
        'Share of an arm''s users that converted within their outcome window.',
        'experiment and arm', 'fraction', 'analytics_team', 'variant_performance', 'conversion_rate'
    ),
    (
        'revenue_per_user',
        'Revenue of an arm''s users within their outcome windows over their number.',
        'experiment and arm', 'currency', 'analytics_team', 'variant_performance', 'revenue_per_user'
    ),
    (
        'revenue_per_user_winsorised',
        'The same, where revenue above the quantile winsorised_at of the experiment''s users counts as that quantile.',
        'unit and experiment', 'currency', 'analytics_team', 'experiment_outcomes', 'numerator'
    ),
    (
        'revenue_per_conversion',
        'Revenue of an arm''s users within their outcome windows over its conversions.',
        'unit and experiment', 'currency', 'analytics_team', 'experiment_outcomes', 'numerator'
    ),
    (
        'orders_per_user',
        'Counted revenue lines of an arm''s customers from their exposure to the end, over their number.',
        'unit and experiment', 'count', 'analytics_team', 'experiment_outcomes', 'numerator'
    ),
    (
        'order_revenue_per_user',
        'Sum of the counted revenue lines of an arm''s customers from their exposure to the end, over their number.',
        'unit and experiment', 'currency', 'analytics_team', 'experiment_outcomes', 'numerator'
    ),
    (
        'revenue_per_order',
        'Sum of the counted revenue lines of an arm''s customers from their exposure to the end, over those lines.',
        'unit and experiment', 'currency', 'analytics_team', 'experiment_outcomes', 'numerator'
    ),
    (
        'refunds_per_user',
        'Refunded revenue lines of an arm''s customers from their exposure to the end, over their number.',
        'unit and experiment', 'count', 'analytics_team', 'experiment_outcomes', 'numerator'
    ),
    (
        'relative_lift',
        'Conversion rate of an arm less that of control, over that of control.',
        'experiment and arm', 'fraction', 'analytics_team', 'experiment_results', 'relative_lift'
    )

),

measured (metric, kind, winsorised_at, lower_is_better, is_of_customers) as (

    values
    ('experiment_conversion_rate', 'proportion', null, false, false),
    ('revenue_per_user', 'mean', null, false, false),
    ('revenue_per_user_winsorised', 'mean', 0.99, false, false),
    ('revenue_per_conversion', 'ratio', null, false, false),
    ('orders_per_user', 'count', null, false, true),
    ('order_revenue_per_user', 'mean', null, false, true),
    ('revenue_per_order', 'ratio', null, false, true),
    ('refunds_per_user', 'count', null, true, true)

),

marts (model, schema_name, key_columns, period, sql_version) as (

    values {{ rows_of_marts() }}

),

final as (

    select
        catalogued.*,
        measured.kind,
        measured.winsorised_at::numeric as winsorised_at,
        measured.lower_is_better,
        measured.is_of_customers,
        marts.schema_name,
        marts.key_columns,
        marts.period,
        {{ definition_version('catalogued', 'measured', 'marts') }} as definition_version
    from catalogued
    left join measured
        on catalogued.metric = measured.metric
    left join marts
        on catalogued.model = marts.model

)

select * from final
