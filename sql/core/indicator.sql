-- grain: one row per indicator
-- The catalogue's indicators with their defaults filled in (domain.md, Status: thresholds are per indicator).
select
    indicator.code as indicator_code,
    name_zh,
    name_en,
    kind,
    unit,
    direction,
    reporting_level,
    source_form,
    numerator_code,
    denominator_code,
    theme as theme_code,
    ranking_metric,
    minimum_denominator,
    minimum,
    maximum,
    first_month,
    last_month,
    publicity,
    owner,
    definition,
    source_section,
    coalesce(
        tree_rule,
        case when kind in ('ratio', 'growth') then 'ratio' when kind = 'milestone' then 'share' else 'sum' end
    ) as tree_rule,
    coalesce(decimals, 0) as decimals,
    coalesce(weight, 1) as weight,
    coalesce(on_pace_at, 1) as on_pace_at,
    coalesce(at_risk_at, case when kind = 'growth' then 0.99 else 0.9 end) as at_risk_at,
    coalesce(behind_at, case when kind = 'growth' then 0.97 else 0.7 end) as behind_at,
    kind = 'growth' or (kind = 'ratio' and numerator_code is not null) as is_derived,  -- asked through its components
from reference.indicator
order by indicator_code
