-- grain: one row per reported figure of last year's identical period that our own records hold whole
-- For a flow, last year's cumulative of that month, or all its months one by one; for a level, that month's end.
-- What was copied from the month before or from another unit is told with the copy, once (check.copied_row).
with newest as (
    select *
    from "check".sound_reading
    where is_newest and kind in ('flow', 'stock')
),

-- where no cumulative stands, which is seldom
summed as (
    select
        total.row_key,
        sum(part.month_value) as months_value,
        count(part.month_value) as months_count,
    from newest as total
    inner join newest as part
        on
            total.form_code = part.form_code
            and total.org_unit_code = part.org_unit_code
            and total.indicator_code = part.indicator_code
            and year(total.report_month) = year(part.report_month)
            and total.report_month >= part.report_month
    where total.kind = 'flow' and total.ytd_value is null
    group by total.row_key
),

own_figure as (
    select
        newest.form_code,
        newest.org_unit_code,
        newest.indicator_code,
        newest.report_month,
        case
            when newest.kind = 'stock' then newest.month_value
            when newest.ytd_value is not null then newest.ytd_value
            when summed.months_count = month(newest.report_month) then summed.months_value
        end as own_value,
        -- months rounded one by one may differ from their sum; one and the same figure may not
        coalesce(summed.months_count * newest.rounding_value, 0) as leeway_value,
    from newest
    left join summed using (row_key)
),

other_unit as (
    select
        submission_id,
        sheet_name,
        row_number,
        unit,
        unit_text,
    from core.reading
    where
        prior_ytd_text is not null
        and unit_text != unit
        and plain_name(unit_text) != plain_name(unit)
        and not regexp_matches(prior_ytd_text, '[\p{Han}%]')
)

select
    reported.row_key as check_key,
    reported.submission_id,
    reported.org_unit_code,
    reported.form_code,
    reported.indicator_code,
    reported.report_month,
    reported.sheet_name,
    reported.prior_ytd_cell as cell,
    -- with the units where the row was written in another one: else 7688 would be told to be 7688
    coalesce(reported.prior_ytd_text || ' ' || other_unit.unit_text, reported.prior_ytd_text) as found,
    concat_ws(' ', printf('%.15g', cast(own_figure.own_value as double)), other_unit.unit) as expected,
    reported.has_explanation as is_explained,
    case
        when not coalesce(copied_row.is_prior_copied, false)
            then greatest(abs(reported.prior_ytd_value - own_figure.own_value) - own_figure.leeway_value, 0)
    end as gap_value,
from "check".sound_reading as reported
inner join own_figure
    on
        reported.form_code = own_figure.form_code
        and reported.org_unit_code = own_figure.org_unit_code
        and reported.indicator_code = own_figure.indicator_code
        and reported.report_month = own_figure.report_month + interval 12 month
left join other_unit
    on
        reported.submission_id = other_unit.submission_id
        and reported.sheet_name = other_unit.sheet_name
        and reported.row_number = other_unit.row_number
left join "check".copied_row as copied_row on reported.row_key = copied_row.row_key
where reported.prior_ytd_value is not null and own_figure.own_value is not null
