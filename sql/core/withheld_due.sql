-- grain: one row per plan year, org unit and restricted indicator whose amounts due would tell what is withheld
-- A way from a baseline tells the baseline; last year's own shape tells last year, and that there is none tells that
-- last year was nothing. Whoever takes such a target over withholds its amounts as well, also before it has any amount
-- of its own that would be withheld.
with withheld_series as (
    select
        org_unit_code,
        indicator_code,
    from core.disclosure
    where is_series_suppressed
),

-- a version that another has revised has left its amounts in the months before
telling as (
    select
        plan_year,
        org_unit_code,
        indicator_code,
        bool_or(phasing = 'seasonal') as is_seasonal,
    from core.plan_target
    where baseline_value is not null or phasing = 'seasonal'
    group by plan_year, org_unit_code, indicator_code
),

telling_or_inherited as (
    select
        *,
        org_unit_code as source_code,
    from telling
    union all
    select
        telling.* replace (succession.heir_code as org_unit_code),
        telling.org_unit_code as source_code,
    from telling
    inner join core.succession as succession
        on
            telling.org_unit_code = succession.org_unit_code
            and telling.plan_year >= year(succession.from_month)
)

select
    plan_year,
    org_unit_code,
    indicator_code,
    bool_or(is_seasonal) as is_seasonal,
from telling_or_inherited
semi join withheld_series
    on
        telling_or_inherited.indicator_code = withheld_series.indicator_code
        and withheld_series.org_unit_code in (telling_or_inherited.org_unit_code, telling_or_inherited.source_code)
group by plan_year, org_unit_code, indicator_code
order by plan_year, org_unit_code, indicator_code
