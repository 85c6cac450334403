-- grain: one row per submission that is what it claims, and subject and indicator that it was asked and answers once
-- What may be compared with other cells and months: impossible values are left out, because they are told on their own.
with wrong_cell as (
    select
        submission_id,
        sheet_name,
        row_number,
        field,
    from "check".value_cell
    where is_impossible
    union
    select
        submission_id,
        sheet_name,
        row_number,
        field,
    from "check".magnitude_step
    where slip_power_count != 0
),

wrong_row as (
    select
        submission_id,
        sheet_name,
        row_number,
        bool_or(field = 'month') as is_month_wrong,
        bool_or(field = 'ytd') as is_ytd_wrong,
        bool_or(field = 'prior_ytd') as is_prior_wrong,
    from wrong_cell
    group by all
)

select
    reading.* replace (
        case when not coalesce(wrong_row.is_month_wrong, false) then reading.month_value end as month_value,
        case when not coalesce(wrong_row.is_ytd_wrong, false) then reading.ytd_value end as ytd_value,
        case when not coalesce(wrong_row.is_prior_wrong, false) then reading.prior_ytd_value end as prior_ytd_value
    ),
    concat_ws(':', submission_id, sheet_name, row_number) as row_key,
    -- other months and units are compared with the newest version only, of those that nobody took back
    reading.withdrawn_at is null
    and dense_rank() over (
        partition by reading.form_code, reading.sender_code, reading.report_month, reading.withdrawn_at is null
        order by reading.version desc
    ) = 1 as is_newest,
    -- what a later month adds to: a cumulative that was mended by telephone since
    mended.value as mended_ytd_value,
    -- sums of rounded figures may differ by one in the last place; counts may not
    case
        when reading.decimals > 0 then cast(power(10, -reading.decimals) as decimal(24, 6))
        else 0
    end as rounding_value,
from core.reading as reading
inner join "check".reading_row as reading_row using (submission_id, sheet_name, row_number)
left join wrong_row using (submission_id, sheet_name, row_number)
left join core.correction as mended
    on
        reading.org_unit_code = mended.org_unit_code
        and reading.indicator_code = mended.indicator_code
        and reading.report_month = mended.report_month
        and reading.form_code = mended.form_code
        and reading.received_at <= mended.recorded_at
        and mended.measure = 'ytd'
        and mended.is_newest
where reading.is_asked and reading_row.copies_count = 1
order by submission_id, sheet_name, row_number
