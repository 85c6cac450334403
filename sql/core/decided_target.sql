-- grain: one row per recorded decision and target version in it, with what is wrong with it where it fits no more
-- The catalogue may have changed since: a decision counts whole or not at all, and the operator is told
-- (check.core_decision).
with decided as (
    select
        decision_id,
        recorded_at as decided_at,
        reason as decision_reason,
        unnest(
            from_json(
                payload,
                '{"targets": [{
                    "plan_year": "INTEGER", "org_unit_code": "VARCHAR", "indicator_code": "VARCHAR",
                    "target_form": "VARCHAR", "value": "DECIMAL(24, 6)", "version": "INTEGER",
                    "baseline_value": "DECIMAL(24, 6)", "first_month": "DATE", "due_month": "DATE",
                    "phasing": "VARCHAR", "basis": "VARCHAR", "split_key": "VARCHAR", "is_rekeyed": "BOOLEAN",
                    "effective_month": "DATE", "is_sample": "BOOLEAN", "source_section": "VARCHAR"
                }]}'
            ).targets
        ) as target,
    from raw.decision
    where kind = 'target'
),

decided_version as (
    select
        decision_id,
        target.*,
        decision_reason as reason,
        cast(null as varchar) as approver,
        day_of(decided_at) as recorded_at,
        row_number() over (
            partition by target.plan_year, target.org_unit_code, target.indicator_code, target.version
            order by decided_at, decision_id
        ) as repetition,
    from decided
),

judged as (
    select
        decided_version.* exclude (repetition),
        case
            when indicator.indicator_code is null then 'unknown_indicator'
            when org_unit.code is null then 'unknown_unit'
            when (indicator.kind = 'milestone') != (decided_version.target_form = 'by_date') then 'unlike_kind'
            -- whoever writes it into target.csv takes it over
            when listed.indicator_code is not null then 'listed_since'
            when decided_version.repetition > 1 then 'version_taken'
        end as own_unfit_code,
    from decided_version
    left join core.indicator as indicator using (indicator_code)
    left join reference.org_unit as org_unit on decided_version.org_unit_code = org_unit.code
    left join reference.target as listed
        on
            decided_version.plan_year = listed.plan_year
            and decided_version.org_unit_code = listed.org_unit_code
            and decided_version.indicator_code = listed.indicator_code
            and decided_version.version = coalesce(listed.version, 1)
)

select
    * exclude (own_unfit_code),
    min(own_unfit_code) over (partition by decision_id) as unfit_code,
from judged
order by decision_id, plan_year, org_unit_code, indicator_code, version
