-- grain: one row per month value with at least six months of its own before it
-- How many robust spreads it lies from its own median. The plain z cannot exceed (n − 1) ÷ √n, and a spread of 0 makes
-- every change infinite: so the spread is the largest of the scaled median deviation, the square root of the median
-- (what a count varies by on its own), a twentieth of the median, and one unit.
with earlier_value as (
    select
        current_month.row_key,
        earlier_month.month_value,
        median(earlier_month.month_value) over (partition by current_month.row_key) as usual_value,
    from "check".sound_reading as current_month
    inner join "check".sound_reading as earlier_month
        on
            earlier_month.is_newest
            and current_month.form_code = earlier_month.form_code
            and current_month.org_unit_code = earlier_month.org_unit_code
            and current_month.indicator_code = earlier_month.indicator_code
            and earlier_month.report_month < current_month.report_month
            and earlier_month.report_month >= current_month.report_month - interval 24 month
    where
        current_month.kind in ('flow', 'stock')
        and current_month.month_value is not null
        and earlier_month.month_value is not null
),

usual_spread as (
    select
        row_key,
        any_value(usual_value) as usual_value,
        greatest(
            1.4826 * median(abs(month_value - usual_value)),  -- the standard deviation of a normal distribution
            sqrt(abs(any_value(usual_value))),
            0.05 * abs(any_value(usual_value)),
            1
        ) as spread_value,
    from earlier_value
    group by row_key
    having count(*) >= 6
)

select
    sound_reading.row_key as check_key,
    sound_reading.submission_id,
    sound_reading.org_unit_code,
    sound_reading.form_code,
    sound_reading.indicator_code,
    sound_reading.report_month,
    sound_reading.sheet_name,
    sound_reading.month_cell as cell,
    sound_reading.month_text as found,
    printf('%.3g', usual_spread.usual_value) || ' ± ' || printf('%.3g', 5 * usual_spread.spread_value) as expected,
    sound_reading.has_explanation as is_explained,
    abs(sound_reading.month_value - usual_spread.usual_value) / usual_spread.spread_value as spreads_ratio,
from "check".sound_reading as sound_reading
inner join usual_spread using (row_key)
order by check_key
