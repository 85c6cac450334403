-- grain: one row per reported cumulative of a flow
-- The cumulative of January is the month's own; later it is last month's cumulative plus the month.
-- Only the month before in the same plan year is compared: a series may start mid-year or combine January and February.
-- A figure in whose place a telephoned one stands is not judged: what counts instead was looked at when it was told.
-- What was copied from the month before or from another unit is told with the copy, once (check.copied_row).
with told as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        form_code,
        recorded_at,
        bool_or(measure = 'ytd') as is_ytd_told,
    from core.correction
    where is_newest and measure in ('month', 'ytd')
    group by all
),

replaced as (
    select
        reading.row_key,
        bool_or(told.is_ytd_told) as is_ytd_told,
    from "check".sound_reading as reading
    inner join told
        on
            reading.org_unit_code = told.org_unit_code
            and reading.indicator_code = told.indicator_code
            and reading.report_month = told.report_month
            and reading.form_code = told.form_code
            and reading.received_at <= told.recorded_at
    group by reading.row_key
),

stepped as (
    select
        current_month.*,
        coalesce(copied_row.is_ytd_copied, false) as is_copied,
        replaced.row_key is not null as is_told,
        case
            when month(current_month.report_month) = 1 then 0
            else coalesce(previous_month.mended_ytd_value, previous_month.ytd_value)
        end as previous_ytd_value,
        coalesce(current_month.is_month_rough, false)
        or coalesce(current_month.is_ytd_rough, false)
        or (
            previous_month.mended_ytd_value is null
            and month(current_month.report_month) > 1
            and coalesce(previous_month.is_ytd_rough, false)
        ) as is_inexact,
    from "check".sound_reading as current_month
    left join "check".sound_reading as previous_month
        on
            previous_month.is_newest
            and current_month.form_code = previous_month.form_code
            and current_month.org_unit_code = previous_month.org_unit_code
            and current_month.indicator_code = previous_month.indicator_code
            and current_month.report_month = previous_month.report_month + interval 1 month
    left join replaced on current_month.row_key = replaced.row_key
    left join "check".copied_row as copied_row on current_month.row_key = copied_row.row_key
    where
        current_month.kind = 'flow'
        and current_month.ytd_value is not null
        and not coalesce(replaced.is_ytd_told, false)
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
    -- one that was copied may fall: the original is the finding
    case when step_value >= 0 or not is_copied then step_value end as step_value,
    '≥ ' || printf('%.15g', cast(previous_ytd_value as double)) as step_expected,
    -- a falling cumulative is told once, as falling
    case
        when is_copied then null
        when step_value >= 0 and not is_told and not is_inexact then greatest(abs(gap_value) - rounding_value, 0)
    end as identity_gap_value,
    printf('%.15g', cast(previous_ytd_value + month_value as double)) as identity_expected,
    -- what is taken back makes the cumulative less: a month below zero beside one that does not fall is a slip
    case when month_value < 0 and step_value >= 0 then month_value end as unmatched_negative_value,
    month_cell,
    ytd_text,
    '≥ 0' as unmatched_expected,
    printf('%.15g', cast(previous_ytd_value as double)) as previous_ytd,
    month_text,
from compared
