-- grain: one row per reported level that reference/identity.csv ties to what was added and removed
-- Level at the month's end = level at the end of the month before + added − removed, in one form. January goes on from
-- December: a new plan year starts the sums anew, not the households.
with part as (
    select
        total_code,
        added_code as part_code,
        1 as part_sign,
    from reference.identity
    where added_code is not null
    union all
    select
        total_code,
        removed_code as part_code,
        -1 as part_sign,
    from reference.identity
    where removed_code is not null
),

moved as (
    select
        total.row_key,
        sum(part.part_sign * movement.month_value) as moved_value,
        count(movement.month_value) = count(*) and not coalesce(bool_or(movement.is_month_rough), false) as is_whole,
    from "check".sound_reading as total
    inner join part on total.indicator_code = part.total_code
    left join "check".sound_reading as movement
        on
            part.part_code = movement.indicator_code
            and total.submission_id = movement.submission_id
            and total.org_unit_code = movement.org_unit_code
    where total.kind = 'stock'
    group by total.row_key
)

select
    total.row_key as check_key,
    total.submission_id,
    total.org_unit_code,
    total.form_code,
    total.indicator_code,
    total.report_month,
    total.sheet_name,
    total.month_cell as cell,
    total.month_text as found,
    printf('%.15g', cast(previous_month.month_value + moved.moved_value as double)) as expected,
    total.has_explanation as is_explained,
    printf('%.15g', cast(previous_month.month_value as double)) as previous_level,
    printf('%+.15g', cast(moved.moved_value as double)) as moved,
    -- a level that was copied from the month before or from another unit is told with the copy, once
    case
        when not coalesce(copied_row.is_month_copied, false)
            then greatest(
                abs(total.month_value - (previous_month.month_value + moved.moved_value)) - total.rounding_value, 0
            )
    end as gap_value,
from "check".sound_reading as total
inner join moved on total.row_key = moved.row_key
inner join "check".sound_reading as previous_month
    on
        previous_month.is_newest
        and total.form_code = previous_month.form_code
        and total.org_unit_code = previous_month.org_unit_code
        and total.indicator_code = previous_month.indicator_code
        and total.report_month = previous_month.report_month + interval 1 month
left join "check".copied_row as copied_row on total.row_key = copied_row.row_key
where
    moved.is_whole
    and total.month_value is not null
    and previous_month.month_value is not null
    and not coalesce(total.is_month_rough or previous_month.is_month_rough, false)  -- 30余 need not come out
order by check_key
