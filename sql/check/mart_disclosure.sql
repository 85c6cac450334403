-- grain: one row per published row of a restricted amount outside the sub-district level
-- The last look before anything leaves: said a second time, apart from core.disclosure. No figure is repeated here.
select
    concat_ws(':', completion.org_unit_code, completion.indicator_code, strftime(completion.report_month, '%Y-%m'))
        as check_key,
    cast(null as varchar) as submission_id,
    completion.org_unit_code,
    cast(null as varchar) as form_code,
    completion.indicator_code,
    completion.report_month,
    cast(null as varchar) as sheet_name,
    cast(null as varchar) as cell,
    cast(null as varchar) as found,
    cast(null as varchar) as expected,
    false as is_explained,
    len(
        list_filter(
            [
                completion.month_value,
                completion.ytd_value,
                completion.prior_ytd_value,
                completion.rolling_3_value,
                completion.rolling_12_value
            ],
            lambda amount: is_small(amount)
        )
    ) as small_count,
from mart.completion as completion
inner join mart.indicator as indicator on completion.indicator_code = indicator.indicator_code
inner join mart.org_unit as org_unit on completion.org_unit_code = org_unit.org_unit_code
where indicator.publicity = 'restricted' and indicator.kind in ('flow', 'stock') and org_unit.level != 'subdistrict'
order by check_key
