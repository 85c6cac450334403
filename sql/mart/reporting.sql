-- grain: one row per sender, form and report month that is over: what was asked and what came
-- Units that sent nothing are rows too. The rate is cells filled over cells asked, never "a file came".
-- What was withdrawn is not reported. A value that was telephoned in is no filled cell: it is counted beside.
with asked as (
    select
        form_code,
        sender_code,
        report_month,
        sum(case when cells_required = 'both' then 2 else 1 end) as cells_asked_count,
    from core.expected_cell
    group by form_code, sender_code, report_month
),

told as (
    select
        form_code,
        sender_code,
        report_month,
        count(*) as cells_corrected_count,
    from core.counted_correction
    group by form_code, sender_code, report_month
),

-- the version that counts; where none does, the last that was refused or withdrawn
latest as (
    select
        submission.*,
        cell_count.cells_filled_count,
        cell_count.not_applicable_count,
    from core.submission as submission
    left join core.cell_count using (submission_id)
    qualify row_number() over (
        partition by submission.form_code, submission.sender_code, submission.report_month
        order by submission.is_counted desc, submission.version desc
    ) = 1
)

select
    asked.form_code,
    asked.sender_code as org_unit_code,
    asked.report_month,
    form_month.due_on,
    latest.received_at,
    coalesce(
        latest.state,
        case when day_of($as_of) > form_month.due_on then 'missing' else 'awaited' end
    ) as state,
    case
        when day_of(latest.first_usable_at) <= form_month.due_on then 'on_time'
        when latest.first_usable_at is not null then 'late'
        when day_of($as_of) > form_month.due_on then 'missing'
        else 'awaited'
    end as timeliness,
    cast(asked.cells_asked_count as integer) as cells_asked_count,
    cast(
        case when latest.is_counted then coalesce(latest.cells_filled_count, 0) else 0 end as integer
    ) as cells_filled_count,
    cast(
        case when latest.is_counted then coalesce(latest.not_applicable_count, 0) else 0 end as integer
    ) as not_applicable_count,
    cast(
        greatest(0, date_diff('day', form_month.due_on, day_of(coalesce(latest.first_usable_at, $as_of)))) as integer
    ) as days_late_count,
    form_month.lock_on,
    latest.first_usable_at,  -- on time is who first sent something usable
    cast(coalesce(told.cells_corrected_count, 0) as integer) as cells_corrected_count,
from asked
inner join core.form_month using (form_code, report_month)
left join latest using (form_code, sender_code, report_month)
left join told using (form_code, sender_code, report_month)
order by asked.form_code, org_unit_code, asked.report_month
