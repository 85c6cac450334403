-- grain: one row per submission, row of its table and answer that the office knew before it arrived
-- What a template fills in (jindu/template.py): last year's same month (of a flow its cumulative, where no month is
-- missing from it), and the end of a milestone that was finished in a month before. A template says in a column of its
-- own which cells it left open: what it filled in is read there, in the file itself. In a file without that column
-- nothing was filled in. What was restated after the file arrived says nothing of what it was compared with: it is not
-- known here.
with asked_mark as (
    select
        sha256,
        sheet_name,
        row_number,
        any_value(text) as asked_text,
    from raw.cell
    where field is null and regexp_full_match(text, '(month|ytd|both|either)( prior)?')
    group by sha256, sheet_name, row_number
),

known_month as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        ytd_value,
        months_covered_count = months_due_count as is_whole,
        finished_on,
        max(received_at) over year_to_date as known_at,
    from core.unit_month
    window
        year_to_date as (
            partition by org_unit_code, indicator_code, report_year
            order by report_month rows between unbounded preceding and current row
        )
),

asked_row as (
    select
        reading.*,
        asked_mark.asked_text,
        -- a form that is not the indicator's source only checks: what it is compared with is not known from it
        indicator.source_form = reading.form_code as is_source,
    from core.reading as reading
    inner join core.submission as submission using (submission_id)
    inner join core.indicator as indicator using (indicator_code)
    left join asked_mark
        on
            submission.sha256 = asked_mark.sha256
            and reading.sheet_name = asked_mark.sheet_name
            and reading.row_number = asked_mark.row_number
    where reading.is_asked
),

answer as (
    select
        asked_row.submission_id,
        asked_row.org_unit_code,
        asked_row.indicator_code,
        asked_row.report_month,
        'prior_ytd' as measure,
        coalesce(
            last_year.ytd_value is not null
            and (asked_row.kind != 'flow' or last_year.is_whole)
            and last_year.known_at <= asked_row.received_at,
            false
        ) as is_known,
        coalesce(asked_row.prior_ytd_state in ('number', 'not_applicable'), false) as is_filled,
        -- nobody is asked for a level's last year: a template shows it where it is known
        asked_row.asked_text is not null
        and case when asked_row.kind = 'flow' then not ends_with(asked_row.asked_text, ' prior') else is_known end
            as is_prefilled,
        coalesce(asked_row.prior_ytd_value != last_year.ytd_value, true) as is_different,
    from asked_row
    left join known_month as last_year
        on
            asked_row.is_source
            and asked_row.org_unit_code = last_year.org_unit_code
            and asked_row.indicator_code = last_year.indicator_code
            and asked_row.report_month - interval 1 year = last_year.report_month
    where asked_row.kind = 'flow' or asked_row.asked_text is not null or is_filled
    union all by name
    select
        asked_row.submission_id,
        asked_row.org_unit_code,
        asked_row.indicator_code,
        asked_row.report_month,
        ended.measure,
        asked_row.asked_text is not null as is_prefilled,
        case ended.measure
            when 'month' then coalesce(asked_row.month_state in ('number', 'not_applicable'), false)
            else asked_row.finished_on is not null
        end as is_filled,
        true as is_known,
        case ended.measure
            when 'month' then coalesce(asked_row.month_value != 1, true)
            else coalesce(asked_row.finished_on != month_before.finished_on, true)
        end as is_different,
    from asked_row
    inner join known_month as month_before
        on
            asked_row.is_source
            and asked_row.org_unit_code = month_before.org_unit_code
            and asked_row.indicator_code = month_before.indicator_code
            and asked_row.report_month - interval 1 month = month_before.report_month
            and asked_row.received_at >= month_before.known_at
    cross join (values ('month'), ('finished_on')) as ended (measure)
    where
        asked_row.kind = 'milestone'
        and month_before.finished_on is not null
        and (ended.measure = 'finished_on' or asked_row.cells_required != 'ytd')
)

select
    submission_id,
    org_unit_code,
    indicator_code,
    report_month,
    measure,
    is_known,
    is_prefilled,
    is_filled,
    is_prefilled and is_known and is_different as is_changed,
from answer
where is_known or is_prefilled
order by submission_id, org_unit_code, indicator_code, measure
