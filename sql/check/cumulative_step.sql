-- grain: one row per reported cumulative of a flow
-- The cumulative of January is the month's own; later it is last month's cumulative plus the month.
-- Only the month before in the same plan year is compared: a series may start mid-year or combine January and February.
with stepped as (
    select
        current_month.*,
        case
            when month(current_month.report_month) = 1 then 0
            else coalesce(previous_month.mended_ytd_value, previous_month.ytd_value)
        end as previous_ytd_value,
    from "check".sound_reading as current_month
    left join "check".sound_reading as previous_month
        on
            previous_month.is_newest
            and current_month.form_code = previous_month.form_code
            and current_month.org_unit_code = previous_month.org_unit_code
            and current_month.indicator_code = previous_month.indicator_code
            and current_month.report_month = previous_month.report_month + interval 1 month
    where current_month.kind = 'flow' and current_month.ytd_value is not null
),

compared as (
    select
        *,
        ytd_value - previous_ytd_value as step_value,
        ytd_value - (previous_ytd_value + month_value) as gap_value,
    from stepped
)

select
    row_key as check_key,
    submission_id,
    org_unit_code,
    form_code,
    indicator_code,
    report_month,
    sheet_name,
    ytd_cell as cell,
    ytd_text as found,
    has_explanation as is_explained,
    step_value,
    '≥ ' || printf('%.15g', cast(previous_ytd_value as double)) as step_expected,
    -- a falling cumulative is told once, as falling
    case when step_value >= 0 then greatest(abs(gap_value) - rounding_value, 0) end as identity_gap_value,
    printf('%.15g', cast(previous_ytd_value + month_value as double)) as identity_expected,
    printf('%.15g', cast(previous_ytd_value as double)) as previous_ytd,
    month_text,
from compared
order by check_key
