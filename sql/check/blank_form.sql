-- grain: one row per submission of a known form, sender and month that is asked for something that it must answer
-- Was anything filled in? Last year's figures come with the template; a note says at least why there is nothing.
with required_form as (
    select distinct
        form_code,
        sender_code,
        report_month,
    from core.expected_cell
    where is_required
),

filled_submission as (
    select distinct submission_id
    from core.reading
    where
        coalesce(month_state, 'blank') != 'blank'
        or coalesce(ytd_state, 'blank') != 'blank'
        or finished_text is not null
        or rank_text is not null
        or has_explanation
)

select
    submission.submission_id as check_key,
    submission.submission_id,
    submission.org_unit_code,
    submission.form_code,
    cast(null as varchar) as indicator_code,
    submission.report_month,
    cast(null as varchar) as sheet_name,
    cast(null as varchar) as cell,
    cast(null as varchar) as found,
    '数字、0 或“不适用”' as expected,
    false as is_explained,
    filled_submission.submission_id is not null as is_filled,
from "check".submission as submission
inner join required_form
    on
        submission.form_code = required_form.form_code
        and submission.sender_code = required_form.sender_code
        and submission.report_month = required_form.report_month
left join filled_submission on submission.submission_id = filled_submission.submission_id
where submission.has_known_rows
order by check_key
