-- grain: one row per unit (the office and those right below it) and indicator, in the month of the bulletin
-- Beside each stands what it was a month before, in the same plan year: a bulletin tells what has changed.
with office as (
    select org_unit_code
    from mart.org_unit
    order by is_office desc, list_position(['district', 'subdistrict', 'community'], level), org_unit_code
    limit 1
),

place as (
    select
        unit.org_unit_code,
        coalesce(unit.short_name, unit.name) as unit_name,
        unit.org_unit_code = office.org_unit_code as is_whole,
    from mart.org_unit as unit
    cross join office
    where
        (unit.org_unit_code = office.org_unit_code or unit.parent_code = office.org_unit_code)
        and $month between coalesce(unit.valid_from, $month) and coalesce(unit.valid_to, $month)
),

month_before as (
    select
        org_unit_code,
        indicator_code,
        status,
        pace_ratio,
        is_suppressed,
    from mart.completion
    where
        report_month = cast($month as date) - interval 1 month
        and year(report_month) = year(cast($month as date))
)

select
    place.org_unit_code,
    place.unit_name,
    place.is_whole,
    completion.indicator_code,
    indicator.name_zh,
    coalesce(indicator.name_en, indicator.name_zh) as name_en,
    indicator.theme_code,
    coalesce(indicator.theme_name_zh, indicator.theme_code) as theme_zh,
    coalesce(indicator.theme_name_en, indicator.theme_name_zh, indicator.theme_code) as theme_en,
    indicator.owner,
    indicator.kind,
    indicator.unit as measure,
    indicator.decimals,
    indicator.direction,
    indicator.publicity,
    indicator.reporting_level,
    completion.status,
    completion.status_rule,
    completion.null_reason,
    completion.is_provisional,
    completion.is_sample,
    completion.is_corrected,
    completion.is_suppressed,
    completion.target_form,
    completion.target_basis,
    completion.target_due_month,
    completion.annual_target_value,
    completion.target_covered_value,
    completion.month_value,
    completion.ytd_value,
    completion.growth_ratio,
    completion.completion_ratio,
    completion.pace_ratio,
    completion.gap_value,
    completion.needed_monthly_value,
    completion.projected_value,
    completion.projected_low_value,
    completion.projected_high_value,
    completion.probability_ratio,
    month_before.status as status_before,
    month_before.pace_ratio as pace_before_ratio,
    month_before.is_suppressed as was_suppressed,
from mart.completion as completion
inner join place using (org_unit_code)
inner join mart.indicator as indicator using (indicator_code)
left join month_before using (org_unit_code, indicator_code)
where completion.report_month = $month
order by not place.is_whole, place.org_unit_code, indicator.theme_code, completion.indicator_code
