-- grain: one row per reported cumulative of a flow whose target is due evenly
-- In how many of the last six months the cumulative was just enough: the amount due, or up to a fiftieth above it.
-- Honest years scatter around what is due; small counts are left out, for one more or less is more than a fiftieth.
with compared as (
    select
        sound_reading.*,
        due_amount.due_value,
        due_amount.due_value * power(10, due_amount.decimals) >= 50
        and sound_reading.ytd_value between due_amount.due_value and due_amount.due_value * 1.02 as is_just_enough,
    from "check".sound_reading as sound_reading
    inner join "check".due_amount as due_amount using (org_unit_code, indicator_code, report_month)
    where sound_reading.ytd_value is not null
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
    count(*) filter (where is_newest and is_just_enough) over (
        partition by form_code, org_unit_code, indicator_code, year(report_month)
        order by report_month
        range between interval 5 month preceding and interval 1 month preceding
    ) as earlier_count,
    case when is_just_enough then 1 + earlier_count else 0 end as just_enough_count,
from compared
order by check_key
