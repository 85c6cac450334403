-- grain: one row per indicator
select
    indicator.indicator_code,
    indicator.name_zh,
    indicator.name_en,
    indicator.definition,
    indicator.kind,
    indicator.unit,
    indicator.direction,
    indicator.decimals,
    indicator.theme_code,
    theme.name_zh as theme_name_zh,
    theme.name_en as theme_name_en,
    indicator.reporting_level,
    indicator.source_form as form_code,
    indicator.numerator_code,
    indicator.denominator_code,
    indicator.ranking_metric,
    indicator.weight,
    indicator.minimum_denominator,
    indicator.on_pace_at,
    indicator.at_risk_at,
    indicator.behind_at,
    indicator.publicity,
    indicator.owner,
    indicator.source_section,
from core.indicator as indicator
left join reference.theme as theme on indicator.theme_code = theme.code
order by indicator.indicator_code
