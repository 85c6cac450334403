-- grain: one row per finding of the night's incoming gate, with what has answered it
-- domain.md, Validation: an explanation accepted once, or a waiver, is not asked for again for the same value (of the
-- same rule, org unit, indicator and column): not in later versions of the report, nor in the months after it while the
-- value stays. A finding without a value (a row left out, a copied form) is settled in the report itself only.
-- What was upheld is asked again; so is what only a rejected or withdrawn submission explained.
with decided as (
    select
        finding_id,
        max_by(verdict, (recorded_at, entered_at, decision_id)) as verdict,
        max_by(decision_id, (recorded_at, entered_at, decision_id)) as decision_id,
        max(recorded_at) as recorded_at,
    from (
        select
            recorded_at,
            entered_at,
            decision_id,
            payload ->> '$.verdict' as verdict,
            unnest(from_json(payload, '{"findings": ["VARCHAR"]}').findings) as finding_id,
        from raw.decision
        where kind = 'finding' and recorded_at <= $as_of
    ) as named_finding
    group by finding_id
),

told as (
    select
        finding.finding_id,
        finding.submission_id,
        finding.rule_code,
        finding.severity,
        finding.org_unit_code,
        finding.indicator_code,
        finding.sheet_name,
        finding.cell,
        finding.found,
        finding.severity = 'warning' and finding.is_explained as is_explained,
        received.form_code,
        received.sender_code,
        received.report_month,
        received.version,
        received.withdrawn_at,
        -- only a warning can be decided: what a rule called a warning once may be critical now
        case when finding.severity = 'warning' then decided.verdict end as verdict,
        case when finding.severity = 'warning' then decided.decision_id end as decision_id,
        case when finding.severity = 'warning' then decided.recorded_at end as decided_at,
    from raw.finding as finding
    inner join core.received as received using (submission_id)
    left join decided using (finding_id)
    where finding.run_id = night_of($as_of) and finding.gate = 'incoming'
),

refused as (
    select distinct submission_id
    from told
    where severity = 'critical' or verdict = 'upheld'
),

warned_series as (
    select distinct
        form_code,
        sender_code,
        org_unit_code,
        indicator_code,
    from told
    where severity = 'warning'
),

stated_cell as (
    select
        reading.submission_id,
        reading.form_code,
        reading.sender_code,
        reading.org_unit_code,
        reading.indicator_code,
        reading.report_month,
        reading.version,
        reading.sheet_name,
        reading.withdrawn_at is null and refused.submission_id is null as is_usable,
        unnest([
            struct_pack(
                field := 'month', cell := month_cell, value := coalesce(cast(month_value as varchar), month_text)
            ),
            struct_pack(field := 'ytd', cell := ytd_cell, value := coalesce(cast(ytd_value as varchar), ytd_text)),
            struct_pack(
                field := 'prior_ytd',
                cell := prior_ytd_cell,
                value := coalesce(cast(prior_ytd_value as varchar), prior_ytd_text)
            ),
            struct_pack(
                field := 'finished',
                cell := finished_cell,
                value := coalesce(cast(finished_on as varchar), finished_text)
            ),
            struct_pack(
                field := 'rank', cell := rank_cell, value := coalesce(cast(published_rank as varchar), rank_text)
            )
        ]) as stated,
    from core.reading as reading
    inner join warned_series using (form_code, sender_code, org_unit_code, indicator_code)
    left join refused on reading.submission_id = refused.submission_id
),

-- what the version that counts says in each month: the value is the same while no month says another
month_statement as (
    select
        form_code,
        sender_code,
        org_unit_code,
        indicator_code,
        report_month,
        stated.field as field,
        stated.value as value,
    from stated_cell
    where is_usable
    qualify
        row_number() over (
            partition by form_code, sender_code, org_unit_code, indicator_code, report_month, stated.field
            order by version desc, sheet_name, stated.cell
        ) = 1
),

warning as (
    select
        told.*,
        told.withdrawn_at is null and refused.submission_id is null as is_usable,
        case when stated_cell.stated.value is not null then stated_cell.stated.field end as field,
        coalesce(stated_cell.stated.value, told.found, '') as value,
    from told
    left join stated_cell
        on
            told.submission_id = stated_cell.submission_id
            and told.sheet_name = stated_cell.sheet_name
            and told.cell = stated_cell.stated.cell
            and told.indicator_code = stated_cell.indicator_code
            and told.org_unit_code = stated_cell.org_unit_code
    left join refused on told.submission_id = refused.submission_id
    where told.severity = 'warning'
),

-- an earlier answer for the same value, or that it was upheld
precedent as (
    select
        asked.finding_id,
        asked.form_code,
        asked.sender_code,
        asked.org_unit_code,
        asked.indicator_code,
        asked.field,
        asked.value,
        asked.report_month as asked_month,
        earlier.finding_id as earlier_id,
        earlier.report_month,
        earlier.version,
        max(coalesce(earlier.verdict = 'upheld', false)) over from_newest as is_upheld_since,
    from warning as asked
    inner join warning as earlier
        on
            asked.rule_code = earlier.rule_code
            and asked.form_code = earlier.form_code
            and asked.sender_code = earlier.sender_code
            and asked.org_unit_code is not distinct from earlier.org_unit_code
            and asked.indicator_code is not distinct from earlier.indicator_code
            and asked.field is not distinct from earlier.field
            and asked.value = earlier.value
            and (
                (asked.report_month = earlier.report_month and asked.version > earlier.version)
                or (asked.field is not null and asked.report_month > earlier.report_month)
            )
    where
        asked.verdict is null
        and not asked.is_explained
        and (
            coalesce(earlier.verdict = 'upheld', false)
            or (earlier.is_usable and (coalesce(earlier.verdict = 'waived', false) or earlier.is_explained))
        )
    window from_newest as (
        partition by asked.finding_id
        order by earlier.report_month desc, earlier.version desc
        range between unbounded preceding and current row
    )
),

changed_since as (
    select distinct
        precedent.finding_id,
        precedent.earlier_id,
    from precedent
    inner join month_statement using (form_code, sender_code, org_unit_code, indicator_code, field)
    where
        month_statement.report_month >= precedent.report_month
        and month_statement.report_month < precedent.asked_month
        and month_statement.value is distinct from precedent.value
),

settled as (
    select
        precedent.finding_id,
        max_by(precedent.earlier_id, (precedent.report_month, precedent.version, precedent.earlier_id))
            as settled_by_id,
    from precedent
    left join changed_since using (finding_id, earlier_id)
    where not precedent.is_upheld_since and changed_since.finding_id is null
    group by precedent.finding_id
)

select
    told.finding_id,
    told.submission_id,
    told.rule_code,
    told.severity,
    case
        when told.verdict is not null then told.verdict
        when told.is_explained then 'explained'
        when settled.settled_by_id is not null then 'settled'
        else 'open'
    end as state,
    told.decision_id,
    told.decided_at,
    settled.settled_by_id,
from told
left join settled using (finding_id)
order by told.submission_id, told.rule_code, told.finding_id
