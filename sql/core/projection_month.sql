-- grain: one row per org unit, flow or stock, month and series: what it brought, and what two forecasts had said of it
-- The one says: as in the same month of last year, at the height of the last three months. The other: as the last three
-- months. How far each was off decides how far each is believed, and how wide the interval is (docs/projection.md).
-- Amounts are in millionths; a flow's is what the month brought, a level's is its change.
-- A parent's units that leave it, with no heir in it, are a series up to their last_month; those that stay are another.
with line as (
    select
        line.org_unit_code,
        line.indicator_code,
        line.reporting_unit_code,
        line.from_month,
        line.to_month,
        case
            when
                line.org_unit_code = line.reporting_unit_code
                or line.from_month is not null
                or any_value(org_unit.valid_to) is null
                or bool_or(heir_line.org_unit_code is not null and succession.to_month is null)
                then date '9999-12-01'
            else
                cast(
                    date_trunc(
                        'month',
                        greatest(
                            any_value(org_unit.valid_to),
                            max(succession.to_month) filter (where heir_line.org_unit_code is not null)
                        )
                    ) as date
                )
        end as last_month,
    from core.reporting_line as line
    inner join reference.org_unit as org_unit on line.reporting_unit_code = org_unit.code
    left join core.succession as succession on line.reporting_unit_code = succession.org_unit_code
    left join core.reporting_line as heir_line
        on
            line.org_unit_code = heir_line.org_unit_code
            and line.indicator_code = heir_line.indicator_code
            and succession.heir_code = heir_line.reporting_unit_code
    group by
        line.org_unit_code, line.indicator_code, line.reporting_unit_code, line.from_month, line.to_month
),

parted_line as (
    select
        *,
        min(last_month) over (partition by org_unit_code, indicator_code) < date '9999-12-01' as is_parted,
    from line
),

line_month as (
    select
        line.org_unit_code,
        line.reporting_unit_code,
        line.from_month,
        line.last_month,
        unit_month.* exclude (org_unit_code),
        not coalesce(unit_month.is_ended, false) as is_running,
        covered_month.ytd_low_value,
        -- the first level that is known of a unit is no rise, unless it took over another's
        case
            when
                unit_month.kind = 'stock'
                and unit_month.ytd_value is not null
                and count(unit_month.ytd_value) over before = 0
                and not exists (
                    select 1
                    from core.succession as succession
                    where
                        line.reporting_unit_code = succession.heir_code
                        and unit_month.report_month >= succession.from_month
                )
                then unit_month.ytd_value
        end as first_level_value,
        -- what is withheld of one unit must not be told by a sum of the others
        coalesce(disclosure.is_suppressed, false) or coalesce(line.is_parted and unit_disclosure.is_suppressed, false)
            as is_suppressed,
    from parted_line as line
    inner join core.unit_month as unit_month
        on
            line.indicator_code = unit_month.indicator_code
            and line.reporting_unit_code = unit_month.org_unit_code
            and unit_month.report_month
            between coalesce(line.from_month, unit_month.report_month)
            and coalesce(line.to_month, unit_month.report_month)
    left join core.covered_month as covered_month
        on
            line.org_unit_code = covered_month.org_unit_code
            and line.indicator_code = covered_month.indicator_code
            and line.reporting_unit_code = covered_month.reporting_unit_code
            and unit_month.report_month = covered_month.report_month
    left join core.disclosure as disclosure
        on
            line.org_unit_code = disclosure.org_unit_code
            and line.indicator_code = disclosure.indicator_code
            and unit_month.report_month = disclosure.report_month
    left join core.disclosure as unit_disclosure
        on
            line.reporting_unit_code = unit_disclosure.org_unit_code
            and line.indicator_code = unit_disclosure.indicator_code
            and unit_month.report_month = unit_disclosure.report_month
    where unit_month.kind in ('flow', 'stock')
    window before as (
        partition by line.org_unit_code, line.indicator_code, line.reporting_unit_code, line.from_month
        order by unit_month.report_month rows between unbounded preceding and 1 preceding
    )
),

-- what a unit's report told, of how many months: a cumulative brings at once what it makes known
told_month as (
    select
        *,
        months_covered_count - coalesce(lag(months_covered_count) over this_year, 0) as months_told_count,
        case
            when months_told_count = 1 and counted_value is not null then counted_value
            else ytd_value - coalesce(lag(ytd_value) over this_year, 0)
        end as told_value,
    from line_month
    window this_year as (
        partition by org_unit_code, indicator_code, reporting_unit_code, from_month, report_year order by report_month
    )
),

known_month as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        last_month,
        report_year,
        kind,
        bool_or(is_reported) as is_reported,
        -- with a merger a unit's series begins anew
        (
            select count(*)
            from core.succession as succession
            where
                told_month.org_unit_code = succession.heir_code and told_month.report_month >= succession.from_month
        ) as era,
        greatest(count(*) filter (where is_running and is_not_applicable is not true), 1) as units_due_count,
        sum(months_due_count) filter (where is_running) as unit_months_due_count,
        unit_months_due_count - sum(months_covered_count) filter (where is_running) as unit_months_missing_count,
        sum(months_due_count - months_covered_count) as year_months_missing_count,
        sum(told_value) filter (where is_running) as told_value,
        sum(months_told_count) filter (where is_running) as unit_months_told_count,
        -- a level that is missing carries its last value
        case when count(ytd_value) > 0 then sum(ytd_low_value) end as known_value,
        coalesce(sum(first_level_value), 0) as first_level_value,
        bool_or(is_suppressed) as is_suppressed,
    from told_month
    group by org_unit_code, indicator_code, report_month, last_month, report_year, kind
    having bool_or(is_running)
),

leveled_month as (
    select
        *,
        lag(millionths(known_value)) over (
            partition by org_unit_code, indicator_code, last_month, era order by report_month
        ) as level_before,
    from known_month
),

month_amount as (
    select
        *,
        case when kind = 'stock' then is_reported else unit_months_told_count > 0 end as is_observed,
        case
            when not is_observed then null
            when kind = 'stock' then millionths(known_value - first_level_value) - level_before
            -- what a cumulative brought at once is spread evenly, and a missing unit is as the others
            else half_away(millionths(told_value) * units_due_count, unit_months_told_count)
        end as amount,
    from leveled_month
),

shaped_month as (
    select
        *,
        case
            when kind = 'stock' then coalesce(amount, 0)
            else first_value(amount ignore nulls) over (
                partition by org_unit_code, indicator_code, last_month, era, report_year
                order by report_month rows between current row and unbounded following
            )
        end as shape_amount,
        sum(amount) over three_before as three_before_amount,
        count(amount) over three_before as three_before_count,
        last_value(amount ignore nulls) over (
            partition by org_unit_code, indicator_code, last_month, era
            order by report_month rows between unbounded preceding and 1 preceding
        ) as last_amount,
    from month_amount
    window three_before as (
        partition by org_unit_code, indicator_code, last_month, era
        order by report_month range between interval 3 month preceding and interval 1 month preceding
    )
),

year_shape as (
    select
        org_unit_code,
        indicator_code,
        last_month,
        era,
        report_year,
        sum(shape_amount) as year_amount,
        count(*) = 12
        and case
            when any_value(kind) = 'flow' then max_by(year_months_missing_count, report_month) = 0
            else bool_and(is_reported)
        end as is_whole,
        -- a year of nothing, or one with corrections below zero, has no shape
        any_value(kind) = 'stock' or (min(shape_amount) >= 0 and sum(shape_amount) > 0) as has_shape,
    from shaped_month
    group by org_unit_code, indicator_code, last_month, era, report_year
),

compared_month as (
    select
        this_year.*,
        coalesce(year_shape.is_whole, false) as is_last_year_whole,
        coalesce(year_shape.is_whole and year_shape.has_shape, false) as is_seasonal,
        year_shape.year_amount as last_year_amount,
        last_year.shape_amount as last_year_month_amount,
    from shaped_month as this_year
    left join year_shape
        on
            this_year.org_unit_code = year_shape.org_unit_code
            and this_year.indicator_code = year_shape.indicator_code
            and this_year.last_month = year_shape.last_month
            and this_year.era = year_shape.era
            and this_year.report_year - 1 = year_shape.report_year
    left join shaped_month as last_year
        on
            this_year.org_unit_code = last_year.org_unit_code
            and this_year.indicator_code = last_year.indicator_code
            and this_year.last_month = last_year.last_month
            and this_year.era = last_year.era
            and this_year.report_month - interval 1 year = last_year.report_month
),

foretold_month as (
    select
        *,
        case
            when not is_seasonal then null
            when kind = 'stock' then cast(last_year_month_amount as double)
            else
                last_year_month_amount * height_ratio(
                    sum(amount) over three_before,
                    sum(last_year_month_amount) filter (where amount is not null) over three_before,
                    last_year_amount
                )
        end as shape_forecast,
        case
            when kind = 'stock' then 0
            when three_before_count > 0 then cast(three_before_amount as double) / three_before_count
            else cast(last_amount as double)
        end as rate_forecast,
    from compared_month
    window three_before as (
        partition by org_unit_code, indicator_code, last_month, era, report_year
        order by report_month range between interval 3 month preceding and interval 1 month preceding
    )
)

select
    org_unit_code,
    indicator_code,
    report_month,
    last_month,
    report_year,
    era,
    kind,
    is_suppressed,
    is_observed,
    units_due_count,
    unit_months_due_count,
    unit_months_missing_count,
    millionths(known_value) as known_amount,
    amount,
    level_before is not null as has_level_before,
    sum(shape_amount) over (
        partition by org_unit_code, indicator_code, last_month, era, report_year order by report_month
    ) as shape_to_date_amount,
    is_last_year_whole,
    is_seasonal,
    last_year_amount,
    last_year_month_amount,
    missed_by(amount, shape_forecast) as shape_miss,
    missed_by(amount, rate_forecast) as rate_miss,
from foretold_month
order by org_unit_code, indicator_code, last_month, report_month
