-- grain: one row per org unit, indicator, month of the plan year and unit below that is added up
-- What each unit brings to the figure of the unit above; its cells stand on its own page. * is a figure withheld.
select
    contribution.org_unit_code,
    contribution.indicator_code,
    contribution.report_month,
    contribution.source_unit_code,
    coalesce(unit.short_name, unit.name) as source_unit_name,
    contribution.month_value,
    contribution.ytd_value,
    contribution.numerator_text,
    contribution.denominator_text,
    contribution.target_covered_text,
    contribution.is_reported,
    contribution.is_not_applicable,
    contribution.is_ended,
    contribution.is_suppressed,
from mart.contribution as contribution
inner join mart.org_unit as unit on contribution.source_unit_code = unit.org_unit_code
where
    year(contribution.report_month) = year(cast($month as date))
    and contribution.source_unit_code != contribution.org_unit_code
order by
    contribution.org_unit_code, contribution.indicator_code, contribution.report_month, contribution.source_unit_code
