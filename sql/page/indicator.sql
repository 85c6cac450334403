-- grain: one row per indicator
-- What is measured and how, of the indicators that the office or a unit below it has a row for.
select
    indicator.indicator_code,
    indicator.name_zh,
    coalesce(indicator.name_en, indicator.name_zh) as name_en,
    indicator.definition,
    indicator.kind,
    indicator.unit,
    indicator.decimals,
    indicator.direction,
    coalesce(indicator.theme_code, '') as theme_code,  -- pages group by it
    coalesce(indicator.theme_name_zh, indicator.theme_code) as theme_zh,
    coalesce(indicator.theme_name_en, indicator.theme_name_zh, indicator.theme_code) as theme_en,
    indicator.reporting_level,
    form.name_zh as form_zh,
    indicator.form_code,
    numerator.name_zh as numerator_zh,
    coalesce(numerator.name_en, numerator.name_zh) as numerator_en,
    indicator.numerator_code,
    denominator.name_zh as denominator_zh,
    coalesce(denominator.name_en, denominator.name_zh) as denominator_en,
    indicator.denominator_code,
    indicator.ranking_metric,
    indicator.weight,
    indicator.on_pace_at,
    indicator.at_risk_at,
    indicator.behind_at,
    indicator.publicity,
    indicator.owner,
    indicator.source_section,
from mart.indicator as indicator
left join mart.form as form on indicator.form_code = form.form_code
left join mart.indicator as numerator on indicator.numerator_code = numerator.indicator_code
left join mart.indicator as denominator on indicator.denominator_code = denominator.indicator_code
order by theme_code, indicator.indicator_code
