-- grain: one row per cumulative of a new version that differs from the version before it, where a target is due evenly
-- Was it raised over a threshold of the colours, and how many days before the day that ranks the month: the due day, or
-- the lock day once that is over? Corrections are legitimate; this one is worth a look.
with sound_version as (
    select
        sound_reading.*,
        received.due_on,
        received.lock_on,
        day_of(sound_reading.received_at) as received_on,
        lag(sound_reading.ytd_value) over (
            partition by
                sound_reading.form_code,
                sound_reading.sender_code,
                sound_reading.org_unit_code,
                sound_reading.indicator_code,
                sound_reading.report_month
            order by sound_reading.version
        ) as earlier_ytd_value,
    from "check".sound_reading as sound_reading
    inner join core.received as received using (submission_id)
    where
        sound_reading.ytd_value is not null
        and sound_reading.submission_id not in (select own_fault.submission_id from "check".own_fault as own_fault)
),

restated as (
    select
        sound_version.*,
        due_amount.due_value,
        -- the highest threshold that lies between the two
        case
            when earlier_ytd_value < due_value * on_pace_at and ytd_value >= due_value * on_pace_at then on_pace_at
            when earlier_ytd_value < due_value * at_risk_at and ytd_value >= due_value * at_risk_at then at_risk_at
            when earlier_ytd_value < due_value * behind_at and ytd_value >= due_value * behind_at then behind_at
        end as lifted_over,
        case when received_on <= due_on then due_on when received_on <= lock_on then lock_on end as ranked_on,
    from sound_version
    inner join "check".due_amount as due_amount using (org_unit_code, indicator_code, report_month)
    where earlier_ytd_value != ytd_value
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
    '≈ ' || shown_number(due_value) as expected,
    has_explanation as is_explained,
    shown_number(earlier_ytd_value) as earlier_shown,
    shown_number(100 * lifted_over) as threshold_shown,
    strftime(ranked_on, '%Y-%m-%d') as ranked_day,
    case when lifted_over is not null then date_diff('day', received_on, ranked_on) end as days_left_count,
from restated
order by check_key
