-- grain: one row per report, org unit, indicator and measure of which a figure changed after it had been shown
-- shown: what the report said once it was due, or first came; counted: what counts now, of a later version or told by
-- telephone. A day of completion that changed has neither value.
with shown_version as (
    select
        counted.form_code,
        counted.sender_code,
        counted.report_month,
        any_value(counted.submission_id) as counted_id,
        any_value(counted.received_at) as counted_at,
        max_by(earlier.submission_id, earlier.version) as shown_id,
    from core.submission as counted
    inner join core.submission as earlier
        on
            counted.form_code = earlier.form_code
            and counted.sender_code = earlier.sender_code
            and counted.report_month = earlier.report_month
            and earlier.state in ('accepted', 'held', 'superseded')
            and earlier.received_at
            <= greatest(counted.first_usable_at, cast(counted.due_on + interval 1 day as timestamptz))
    where counted.is_counted
    group by counted.form_code, counted.sender_code, counted.report_month
),

figure as (
    select
        shown_version.form_code,
        shown_version.sender_code,
        shown_version.report_month,
        counted_row.org_unit_code,
        counted_row.indicator_code,
        unnest(['ytd', 'month', 'finished_on']) as measure,
        unnest([shown_row.ytd_value, shown_row.month_value, null]) as shown_value,
        unnest([counted_row.ytd_value, counted_row.month_value, null]) as counted_value,
        unnest([false, false, shown_row.finished_on is distinct from counted_row.finished_on]) as is_other_day,
        shown_version.counted_at as changed_at,
    from shown_version
    inner join core.reading as shown_row on shown_version.shown_id = shown_row.submission_id
    inner join core.reading as counted_row
        on
            shown_version.counted_id = counted_row.submission_id
            and shown_row.org_unit_code = counted_row.org_unit_code
            and shown_row.indicator_code = counted_row.indicator_code
    where shown_version.shown_id != shown_version.counted_id
),

restated_figure as (
    select * exclude (is_other_day)
    from figure
    where shown_value is distinct from counted_value or is_other_day
    union all by name
    select
        correction.form_code,
        correction.sender_code,
        correction.report_month,
        correction.org_unit_code,
        correction.indicator_code,
        correction.measure,
        case correction.measure when 'ytd' then told.ytd_value when 'month' then told.month_value end as shown_value,
        case when correction.measure in ('ytd', 'month') then correction.value end as counted_value,
        correction.recorded_at as changed_at,
    from core.correction as correction
    inner join core.form_month as form_month using (form_code, report_month)
    left join shown_version using (form_code, sender_code, report_month)
    left join core.reading as told
        on
            shown_version.counted_id = told.submission_id
            and correction.org_unit_code = told.org_unit_code
            and correction.indicator_code = told.indicator_code
    where
        correction.unfit_code is null
        and correction.is_newest
        and correction.measure != 'prior_ytd'
        and day_of(correction.recorded_at) > form_month.due_on
)

select
    form_code,
    sender_code,
    report_month,
    org_unit_code,
    indicator_code,
    measure,
    shown_value,
    counted_value,
    changed_at,
from restated_figure
order by all
