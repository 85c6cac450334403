-- grain: one row per reporting org unit, flow and month: the identical period of last year
-- The reported figure counts where this year has no gap; without one, our own series over the very same months.
with last_covered as (
    select
        month_value.*,
        -- what was reported is the prior year's whole cumulative: no match for a year with a gap
        case
            when reported.months_covered_count = reported.months_due_count then reported.prior_reported_value
        end as prior_at_last_covered_value,
    from core.month_value
    left join core.month_value as reported
        on
            month_value.org_unit_code = reported.org_unit_code
            and month_value.indicator_code = reported.indicator_code
            and month_value.last_covered_month = reported.report_month
    where month_value.kind = 'flow'
)

select
    last_covered.org_unit_code,
    last_covered.indicator_code,
    last_covered.report_month,
    coalesce(
        last_covered.prior_at_last_covered_value,
        case when last_year.covered_months = last_covered.covered_months then last_year.ytd_value end
    ) as prior_ytd_value,
from last_covered
left join core.month_value as last_year
    on
        last_covered.org_unit_code = last_year.org_unit_code
        and last_covered.indicator_code = last_year.indicator_code
        and last_covered.last_covered_month - interval 1 year = last_year.report_month
order by last_covered.org_unit_code, last_covered.indicator_code, last_covered.report_month
