-- grain: one row per report month, org unit, indicator and month before it whose value was another one by its due day
-- Beside a rank stands last month's as it was known at the end of this month's due day: then it was last shown
-- (domain.md, Rankings). Empty but for what was sent, mended, told or withdrawn later. is_known: an answer was in.
-- Verdicts are today's; what people decided counts from the day on which they did.
with usable as (
    select *
    from core.submission
    where state in ('accepted', 'held', 'superseded') or (state = 'withdrawn' and critical_count = 0)
),

correction as (
    select *
    from core.correction
    where unfit_code is null
),

-- of which something came, was withdrawn or was told, and so may have been known otherwise before
moved_report as (
    select
        form_month.report_month,
        form_month.due_on,
        usable.form_code,
        usable.sender_code,
        usable.report_month as value_month,
    from usable
    inner join core.form_month as form_month
        on
            usable.form_code = form_month.form_code
            and usable.report_month < form_month.report_month
            and greatest(day_of(usable.received_at), day_of(usable.withdrawn_at)) > form_month.due_on
    union
    select
        form_month.report_month,
        form_month.due_on,
        correction.form_code,
        correction.sender_code,
        correction.report_month as value_month,
    from correction
    inner join core.form_month as form_month
        on correction.form_code = form_month.form_code and correction.report_month < form_month.report_month
),

-- the versions that stood for them then
earlier_report as (
    select
        moved_report.report_month,
        moved_report.form_code,
        moved_report.sender_code,
        moved_report.value_month,
        max_by(usable.submission_id, usable.version) as submission_id,
        max_by(usable.received_at, usable.version) as received_at,
    from moved_report
    inner join usable
        on
            moved_report.form_code = usable.form_code
            and moved_report.sender_code = usable.sender_code
            and moved_report.value_month = usable.report_month
            and day_of(usable.received_at) <= moved_report.due_on
            and coalesce(day_of(usable.withdrawn_at) > moved_report.due_on, true)
    group by all
),

earlier_reading as (
    select
        earlier_report.report_month,
        reading.org_unit_code,
        reading.indicator_code,
        reading.report_month as value_month,
        reading.month_value,
        reading.ytd_value,
        reading.prior_ytd_value,
        reading.finished_on,
        reading.month_state,
        reading.ytd_state,
    from earlier_report
    inner join core.reading as reading using (submission_id)
    inner join core.indicator as indicator
        on reading.indicator_code = indicator.indicator_code and reading.form_code = indicator.source_form
    where reading.is_asked
),

earlier_measure as (
    select
        moved_report.report_month,
        correction.org_unit_code,
        correction.indicator_code,
        correction.report_month as value_month,
        correction.measure,
        correction.value,
        correction.finished_on,
        correction.is_not_applicable,
    from moved_report
    inner join correction
        on
            moved_report.form_code = correction.form_code
            and moved_report.sender_code = correction.sender_code
            and moved_report.value_month = correction.report_month
            and day_of(correction.recorded_at) <= moved_report.due_on
    left join earlier_report
        on
            moved_report.report_month = earlier_report.report_month
            and moved_report.form_code = earlier_report.form_code
            and moved_report.sender_code = earlier_report.sender_code
            and moved_report.value_month = earlier_report.value_month
    where coalesce(earlier_report.received_at <= correction.recorded_at, true)
    qualify
        row_number() over (
            partition by
                moved_report.report_month,
                correction.org_unit_code,
                correction.indicator_code,
                correction.report_month,
                correction.measure
            order by correction.recorded_at desc, correction.entered_at desc, correction.decision_id desc
        ) = 1
),

earlier_correction as (
    select
        report_month,
        org_unit_code,
        indicator_code,
        value_month,
        max(value) filter (where measure = 'month') as month_value,
        max(value) filter (where measure = 'ytd') as ytd_value,
        max(value) filter (where measure = 'prior_ytd') as prior_ytd_value,
        max(finished_on) as finished_on,
        list(measure) filter (where is_not_applicable) as taken_measures,
    from earlier_measure
    group by report_month, org_unit_code, indicator_code, value_month
),

earlier_value as (
    select
        report_month,
        org_unit_code,
        indicator_code,
        value_month,
        true as is_known,
        coalesce(earlier_correction.taken_measures, []) as not_applicable_measures,
        case
            when not list_contains(not_applicable_measures, 'month')
                then coalesce(earlier_correction.month_value, earlier_reading.month_value)
        end as month_value,
        case
            when not list_contains(not_applicable_measures, 'ytd')
                then coalesce(earlier_correction.ytd_value, earlier_reading.ytd_value)
        end as ytd_value,
        coalesce(earlier_correction.prior_ytd_value, earlier_reading.prior_ytd_value) as prior_ytd_value,
        case
            when not list_contains(not_applicable_measures, 'finished_on')
                then coalesce(earlier_correction.finished_on, earlier_reading.finished_on)
        end as finished_on,
        case
            when list_contains(not_applicable_measures, 'month') then 'not_applicable' else earlier_reading.month_state
        end as month_state,
        case
            when list_contains(not_applicable_measures, 'ytd') then 'not_applicable' else earlier_reading.ytd_state
        end as ytd_state,
    from earlier_reading
    full join earlier_correction using (report_month, org_unit_code, indicator_code, value_month)
),

-- what is known today of the same reports
later_value as (
    select
        moved_report.report_month,
        value.org_unit_code,
        value.indicator_code,
        value.report_month as value_month,
        value.month_value,
        value.ytd_value,
        value.prior_ytd_value,
        value.finished_on,
        value.is_not_applicable,
    from moved_report
    inner join core.submission as submission
        on
            moved_report.form_code = submission.form_code
            and moved_report.sender_code = submission.sender_code
            and moved_report.value_month = submission.report_month
            and submission.is_counted
    inner join core.value as value on submission.submission_id = value.submission_id
    union
    select
        moved_report.report_month,
        value.org_unit_code,
        value.indicator_code,
        value.report_month as value_month,
        value.month_value,
        value.ytd_value,
        value.prior_ytd_value,
        value.finished_on,
        value.is_not_applicable,
    from moved_report
    inner join correction
        on
            moved_report.form_code = correction.form_code
            and moved_report.sender_code = correction.sender_code
            and moved_report.value_month = correction.report_month
    inner join core.value as value
        on
            correction.org_unit_code = value.org_unit_code
            and correction.indicator_code = value.indicator_code
            and correction.report_month = value.report_month
)

select
    report_month,
    org_unit_code,
    indicator_code,
    value_month,
    coalesce(earlier_value.is_known, false) as is_known,
    earlier_value.month_value,
    earlier_value.ytd_value,
    earlier_value.prior_ytd_value,
    earlier_value.finished_on,
    has_answer(earlier_value.month_value, earlier_value.ytd_value, earlier_value.finished_on) as is_reported,
    coalesce(
        says_not_applicable(
            earlier_value.month_value,
            earlier_value.ytd_value,
            earlier_value.finished_on,
            earlier_value.month_state,
            earlier_value.ytd_state
        ),
        false
    ) as is_not_applicable,
from later_value
full join earlier_value using (report_month, org_unit_code, indicator_code, value_month)
where
    (
        earlier_value.month_value,
        earlier_value.ytd_value,
        earlier_value.prior_ytd_value,
        earlier_value.finished_on,
        coalesce(
            says_not_applicable(
                earlier_value.month_value,
                earlier_value.ytd_value,
                earlier_value.finished_on,
                earlier_value.month_state,
                earlier_value.ytd_state
            ),
            false
        )
    )
    is distinct from (
        later_value.month_value,
        later_value.ytd_value,
        later_value.prior_ytd_value,
        later_value.finished_on,
        coalesce(later_value.is_not_applicable, false)
    )
order by report_month, org_unit_code, indicator_code, value_month
