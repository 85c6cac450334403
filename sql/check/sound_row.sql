-- grain: one row per submission that is what it claims, and subject and indicator that it was asked and answers once
-- view: what reads it takes a few of its columns.
-- What may be compared within the file: impossible values are left out, because they are told on their own.
select
    reading.* replace (
        case when not coalesce(wrong_row.is_month_wrong, false) then reading.month_value end as month_value,
        case when not coalesce(wrong_row.is_ytd_wrong, false) then reading.ytd_value end as ytd_value,
        case when not coalesce(wrong_row.is_prior_wrong, false) then reading.prior_ytd_value end as prior_ytd_value
    ),
    concat_ws(':', reading.submission_id, reading.sheet_name, reading.row_number) as row_key,
    -- sums of rounded figures may differ by one in the last place; counts may not
    case
        when reading.decimals > 0 then cast(power(10, -reading.decimals) as decimal(24, 6))
        else 0
    end as rounding_value,
from core.reading as reading
inner join "check".submission as submission using (submission_id)
anti join "check".repeated_row as repeated_row
    on
        reading.submission_id = repeated_row.submission_id
        and reading.org_unit_code = repeated_row.org_unit_code
        and reading.indicator_code = repeated_row.indicator_code
left join "check".impossible_row as wrong_row
    on
        reading.submission_id = wrong_row.submission_id
        and reading.sheet_name = wrong_row.sheet_name
        and reading.row_number = wrong_row.row_number
where submission.is_identified and reading.is_asked
