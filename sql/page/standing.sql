-- grain: one row per org unit and indicator, in the month that pages show
-- Of the office and the units right below it: where each indicator stands, beside how it stood the month before.
with month_before as (
    select org_unit_code, indicator_code, status, is_provisional, pace_ratio
    from mart.completion
    where
        report_month = $month - interval 1 month
        and year(report_month) = year($month)
)

select
    standing.org_unit_code,
    standing.indicator_code,
    indicator.name_zh,
    coalesce(indicator.name_en, indicator.name_zh) as name_en,
    indicator.kind,
    indicator.unit,
    indicator.decimals,
    indicator.direction,
    coalesce(indicator.theme_code, '') as theme_code,  -- pages group by it
    coalesce(indicator.theme_name_zh, indicator.theme_code) as theme_zh,
    coalesce(indicator.theme_name_en, indicator.theme_name_zh, indicator.theme_code) as theme_en,
    indicator.owner,
    indicator.publicity,
    standing.status,
    standing.status_rule,
    standing.null_reason,
    standing.is_provisional,
    standing.is_sample,
    standing.is_suppressed,
    standing.is_corrected,
    standing.month_value,
    standing.month_text,
    standing.ytd_value,
    standing.ytd_text,
    standing.ytd_low_value,
    standing.ytd_high_value,
    standing.prior_ytd_value,
    standing.growth_ratio,
    standing.rolling_3_value,
    standing.annual_target_value,
    standing.target_form,
    standing.target_basis,
    standing.target_due_month,
    standing.target_phasing,
    standing.target_to_date_value,
    standing.target_covered_value,
    standing.completion_ratio,
    standing.pace_ratio,
    standing.gap_value,
    standing.needed_monthly_value,
    standing.projected_value,
    standing.projected_low_value,
    standing.projected_high_value,
    standing.probability_ratio,
    standing.projection_basis,
    standing.months_covered_count,
    standing.months_due_count,
    standing.units_reported_count,
    standing.units_due_count,
    standing.finished_on,
    -- of a ratio: what it divides, in the unit that its cases are counted in
    try_cast(operand.numerator_text as decimal(24, 6)) as numerator_value,
    try_cast(operand.denominator_text as decimal(24, 6)) as denominator_value,
    numerator.unit as case_unit,
    numerator.decimals as case_decimals,
    month_before.status as previous_status,
    month_before.is_provisional as was_provisional,
    month_before.pace_ratio as previous_pace_ratio,
from mart.completion as standing
inner join mart.indicator as indicator on standing.indicator_code = indicator.indicator_code
inner join mart.org_unit as unit on standing.org_unit_code = unit.org_unit_code
left join mart.indicator as numerator
    on indicator.kind = 'ratio' and indicator.numerator_code = numerator.indicator_code
left join mart.completion_operand as operand
    on
        standing.org_unit_code = operand.org_unit_code
        and standing.indicator_code = operand.indicator_code
        and standing.report_month = operand.report_month
left join month_before
    on
        standing.org_unit_code = month_before.org_unit_code
        and standing.indicator_code = month_before.indicator_code
where
    standing.report_month = $month
    and (standing.org_unit_code = $office_code or unit.parent_code = $office_code)
order by
    unit.org_unit_code != $office_code,
    unit.org_unit_code,
    theme_code,
    -- targets first, then ratios before the counts that they are made of
    standing.annual_target_value is null,
    indicator.direction = 'none',
    indicator.indicator_code
