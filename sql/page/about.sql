-- grain: one row per indicator
-- What it is, where it comes from and what its targets of the plan year rest on.
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
    indicator.theme_name_zh,
    coalesce(indicator.theme_name_en, indicator.theme_name_zh) as theme_name_en,
    indicator.reporting_level,
    form.name_zh as form_name,
    indicator.owner,
    indicator.publicity,
    indicator.ranking_metric,
    indicator.weight,
    indicator.on_pace_at,
    indicator.at_risk_at,
    indicator.behind_at,
    indicator.source_section,
    list_sort(list(distinct target.target_basis) filter (where target.target_basis is not null)) as bases,
    list_sort(list(distinct target.phasing) filter (where target.phasing is not null)) as phasings,
    coalesce(bool_or(target.is_sample), false) as is_sample,
from mart.indicator as indicator
left join mart.form as form using (form_code)
left join mart.target as target
    on indicator.indicator_code = target.indicator_code and target.plan_year = year(cast($month as date))
group by all
order by theme_code, indicator.indicator_code
