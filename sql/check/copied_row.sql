-- grain: one row per row of a report that nobody explained to be a copy: of the month before, or of another unit's
-- What stands in it as in the original is told with the copy, once; what was changed is judged like any other.
with original_row as (
    select
        copy.row_key,
        original.month_value,
        original.ytd_value,
        original.prior_ytd_value,
    from "check".monthly_copy as copied
    inner join "check".sound_reading as copy on copied.submission_id = copy.submission_id
    inner join "check".sound_reading as original
        on
            original.is_newest
            and copy.form_code = original.form_code
            and copy.sender_code = original.sender_code
            and copy.org_unit_code = original.org_unit_code
            and copy.indicator_code = original.indicator_code
            and copy.report_month = original.report_month + interval 1 month
    where copied.changed_count = 0 and not copied.is_explained
    union all
    select
        copy.row_key,
        original.month_value,
        original.ytd_value,
        original.prior_ytd_value,
    from "check".neighbour_copy as copied
    inner join "check".sound_reading as copy on copied.submission_id = copy.submission_id
    inner join "check".sound_reading as original
        on copied.original_id = original.submission_id and copy.indicator_code = original.indicator_code
    -- of rows about several units nobody knows which stands for which
    where
        not copied.is_explained
        and copy.org_unit_code = copy.sender_code
        and original.org_unit_code = original.sender_code
)

select
    copy.row_key,
    coalesce(bool_or(copy.month_value = original_row.month_value), false) as is_month_copied,
    coalesce(bool_or(copy.ytd_value = original_row.ytd_value), false) as is_ytd_copied,
    coalesce(bool_or(copy.prior_ytd_value = original_row.prior_ytd_value), false) as is_prior_copied,
from original_row
inner join "check".sound_reading as copy using (row_key)
group by copy.row_key
order by copy.row_key
