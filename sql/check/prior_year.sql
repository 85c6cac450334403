-- grain: one row per reported figure of last year's identical period that our own records hold whole
-- For a flow, last year's cumulative of that month, or all its months one by one; for a level, that month's end.
-- What was copied from the month before or from another unit is told with the copy, once (check.copied_row).
with own_year as (
    select
        form_code,
        org_unit_code,
        indicator_code,
        report_month,
        kind,
        month_value,
        ytd_value,
        rounding_value,
        sum(month_value) over year_to_date as months_value,
        count(month_value) over year_to_date as months_count,
    from "check".sound_reading
    where is_newest
    window year_to_date as (
        partition by form_code, org_unit_code, indicator_code, year(report_month)
        order by report_month rows between unbounded preceding and current row
    )
),

own_figure as (
    select
        form_code,
        org_unit_code,
        indicator_code,
        report_month,
        case
            when kind = 'stock' then month_value
            when ytd_value is not null then ytd_value
            when months_count = month(report_month) then months_value
        end as own_value,
        -- months rounded one by one may differ from their sum; one and the same figure may not
        case when kind = 'flow' and ytd_value is null then months_count * rounding_value else 0 end as leeway_value,
    from own_year
    where kind in ('flow', 'stock')
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
    reported.prior_ytd_text as found,
    printf('%.15g', cast(own_figure.own_value as double)) as expected,
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
left join "check".copied_row as copied_row on reported.row_key = copied_row.row_key
where reported.prior_ytd_value is not null and own_figure.own_value is not null
