-- grain: one row per submission that is what it claims, and subject and indicator that it was asked and answers once
-- What may be compared with other months and units: impossible values and slips of the unit are left out, because they
-- are told on their own.
with slipped_row as (
    select
        submission_id,
        sheet_name,
        row_number,
        bool_or(field = 'month') as is_month_wrong,
        bool_or(field = 'ytd') as is_ytd_wrong,
    from "check".magnitude_step
    where slip_power_count != 0
    group by all
),

-- of each report the newest version that nobody took back or upheld a warning of, and that passes the rules which need
-- no other month
newest_version as (
    select submission_id
    from core.received
    where
        version is not null
        and withdrawn_at is null
        and submission_id not in (select own_fault.submission_id from "check".own_fault as own_fault)
        and submission_id not in (select upheld.submission_id from core.upheld_submission as upheld)
    qualify row_number() over (partition by form_code, sender_code, report_month order by version desc) = 1
)

select
    sound_row.row_key,
    sound_row.submission_id,
    sound_row.form_code,
    sound_row.sender_code,
    sound_row.org_unit_code,
    sound_row.indicator_code,
    sound_row.report_month,
    sound_row.version,
    sound_row.received_at,
    sound_row.sheet_name,
    sound_row.row_number,
    sound_row.kind,
    sound_row.decimals,
    sound_row.rounding_value,
    sound_row.has_explanation,
    sound_row.month_cell,
    sound_row.month_text,
    sound_row.month_state,
    case when not coalesce(slipped_row.is_month_wrong, false) then sound_row.month_value end as month_value,
    sound_row.is_month_rough,
    sound_row.ytd_cell,
    sound_row.ytd_text,
    sound_row.ytd_state,
    case when not coalesce(slipped_row.is_ytd_wrong, false) then sound_row.ytd_value end as ytd_value,
    sound_row.is_ytd_rough,
    sound_row.prior_ytd_cell,
    sound_row.prior_ytd_text,
    sound_row.prior_ytd_value,
    newest_version.submission_id is not null as is_newest,
    -- what a later month adds to: a cumulative that was mended by telephone since
    mended.value as mended_ytd_value,
from "check".sound_row as sound_row
left join newest_version using (submission_id)
left join slipped_row using (submission_id, sheet_name, row_number)
left join core.correction as mended
    on
        sound_row.org_unit_code = mended.org_unit_code
        and sound_row.indicator_code = mended.indicator_code
        and sound_row.report_month = mended.report_month
        and sound_row.form_code = mended.form_code
        and sound_row.received_at <= mended.recorded_at
        and mended.measure = 'ytd'
        and mended.is_newest
