-- grain: one row per report month of the plan year until the one shown, of all forms that come to the office
-- Whether reports get better, and what they cost: how much came, in time, right the first time, typed by hand.
with found as (
    select
        report_month,
        sum(failed_count) filter (where severity = 'critical') as critical_count,
        sum(failed_count) filter (where severity = 'warning') as warning_count,
    from mart.quality_rule
    where report_month is not null
    group by report_month
)

select
    rate.report_month,
    sum(rate.cells_asked_count) as cells_asked_count,
    sum(rate.cells_filled_count) as cells_filled_count,
    sum(rate.cells_on_time_count) as cells_on_time_count,
    sum(burden.first_count) as first_count,
    sum(burden.first_right_count) as first_right_count,
    sum(burden.versions_count) as versions_count,
    sum(burden.returned_count) as returned_count,
    sum(burden.cells_answered_count) as cells_answered_count,
    sum(burden.cells_prefilled_count) as cells_prefilled_count,
    sum(burden.cells_changed_count) as cells_changed_count,
    sum(burden.cells_typed_count) as cells_typed_count,
    sum(burden.cells_retyped_count) as cells_retyped_count,
    coalesce(any_value(found.critical_count), 0) as critical_count,
    coalesce(any_value(found.warning_count), 0) as warning_count,
from mart.reporting_rate as rate
inner join mart.reporting_burden as burden
    on
        rate.org_unit_code = burden.org_unit_code
        and rate.form_code = burden.form_code
        and rate.report_month = burden.report_month
left join found on rate.report_month = found.report_month
where
    rate.org_unit_code = $office_code
    and year(rate.report_month) = year(cast($month as date))
    and rate.report_month <= cast($month as date)
group by rate.report_month
order by rate.report_month
