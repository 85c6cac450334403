-- grain: one row per recorded correction, by the as-of moment, and measure that it gives: a value telephoned in
-- domain.md, Submissions: a recorded decision with reason and name. What it says stands in the indicator's own unit.
-- One that the catalogue asks for no more counts for nothing, nor one of the district bulletin's figures, which are
-- never edited (domain.md, Indicators); the operator is told of both (check.core_correction).
with decided as (
    select
        decision_id,
        recorded_at,
        entered_at,
        from_json(
            payload,
            '{
                "org_unit_code": "VARCHAR", "indicator_code": "VARCHAR", "report_month": "DATE",
                "month_value": "DECIMAL(24, 6)", "ytd_value": "DECIMAL(24, 6)", "prior_ytd_value": "DECIMAL(24, 6)",
                "finished_on": "DATE", "not_applicable": "BOOLEAN"
            }'
        ) as told,
    from raw.decision
    where kind = 'correction' and recorded_at <= $as_of
),

corrected_measure as (
    select
        decision_id,
        recorded_at,
        entered_at,
        told.org_unit_code,
        told.indicator_code,
        told.report_month,
        unnest(['month', 'ytd', 'prior_ytd', 'finished_on']) as measure,
        unnest([told.month_value, told.ytd_value, told.prior_ytd_value, null]) as value,
        unnest([null, null, null, told.finished_on]) as finished_on,
        coalesce(told.not_applicable, false) as is_not_applicable,
    from decided
)

select
    corrected_measure.decision_id,
    corrected_measure.recorded_at,
    corrected_measure.entered_at,
    corrected_measure.org_unit_code,
    corrected_measure.indicator_code,
    corrected_measure.report_month,
    corrected_measure.measure,
    corrected_measure.value,
    corrected_measure.finished_on,
    corrected_measure.is_not_applicable,
    expected_cell.form_code,
    expected_cell.sender_code,
    case
        when org_unit.code is null then 'unknown_unit'
        when indicator.indicator_code is null then 'unknown_indicator'
        when expected_cell.form_code is null then 'not_asked'
        when form.level = 'district' then 'bulletin_only'
    end as unfit_code,
    row_number() over (
        partition by
            corrected_measure.org_unit_code,
            corrected_measure.indicator_code,
            corrected_measure.report_month,
            corrected_measure.measure
        order by
            corrected_measure.recorded_at desc, corrected_measure.entered_at desc, corrected_measure.decision_id desc
    ) = 1 as is_newest,
from corrected_measure
left join reference.org_unit as org_unit on corrected_measure.org_unit_code = org_unit.code
left join core.indicator as indicator on corrected_measure.indicator_code = indicator.indicator_code
left join reference.form as form on indicator.source_form = form.code
left join core.expected_cell as expected_cell
    on
        indicator.source_form = expected_cell.form_code
        and corrected_measure.org_unit_code = expected_cell.org_unit_code
        and corrected_measure.indicator_code = expected_cell.indicator_code
        and corrected_measure.report_month = expected_cell.report_month
where
    corrected_measure.value is not null
    or corrected_measure.finished_on is not null
    -- 不适用 takes out what is asked of this month, whatever the form says; last year stays
    or (
        corrected_measure.is_not_applicable
        and (
            corrected_measure.measure in ('month', 'ytd')
            or (corrected_measure.measure = 'finished_on' and indicator.kind = 'milestone')
        )
    )
order by
    corrected_measure.recorded_at,
    corrected_measure.entered_at,
    corrected_measure.decision_id,
    corrected_measure.measure
