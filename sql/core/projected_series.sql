-- grain: one row per org unit, indicator, flow or stock that it is or is made of, month and series: what is to come
-- What is known by the month, and what the two forecasts say of the rest, each believed by how it did this year
-- (docs/projection.md). A parent's units that leave it are a series of their own, up to their last_month. From the end
-- month on nothing is left: a row says what the end month's row says. Amounts are in millionths.
with part as (
    select
        indicator_code as asking_code,
        unnest([indicator_code, numerator_code, denominator_code]) as indicator_code,
    from core.indicator
),

asked_month as (
    select distinct
        projection_month.org_unit_code,
        part.asking_code,
        projection_month.indicator_code,
        projection_month.report_month,
        projection_month.report_year,
        projection_month.kind,
        -- the year's end, or what comes before it: the target's, or the unit's own
        least(
            make_date(projection_month.report_year, 12, 1),
            target_month.due_month,
            cast(date_trunc('month', org_unit.valid_to) as date)
        ) as end_month,
    from core.projection_month
    inner join reference.org_unit as org_unit on projection_month.org_unit_code = org_unit.code
    inner join part on projection_month.indicator_code = part.indicator_code
    left join core.target_month
        on
            projection_month.org_unit_code = target_month.org_unit_code
            and projection_month.report_month = target_month.report_month
            and part.asking_code = target_month.indicator_code
),

year_series as (
    select distinct
        org_unit_code,
        indicator_code,
        report_year,
        last_month,
    from core.projection_month
),

wanted_end as (
    select
        asked_month.org_unit_code,
        asked_month.asking_code,
        asked_month.indicator_code,
        asked_month.report_month,
        asked_month.end_month,
        year_series.last_month,
        least(asked_month.end_month, year_series.last_month) as series_end_month,
        least(asked_month.report_month, series_end_month) as origin_month,
        asked_month.report_month >= asked_month.end_month or asked_month.report_month > series_end_month as is_over,
    from asked_month
    inner join year_series using (org_unit_code, indicator_code, report_year)
    -- the level of those who leave before is gone by then
    where asked_month.kind = 'flow' or year_series.last_month >= asked_month.end_month
),

dated_month as (
    select
        *,
        sum(last_year_month_amount) over (
            partition by org_unit_code, indicator_code, last_month, era, report_year order by report_month
        ) as last_year_to_date_amount,
    from core.projection_month
),

running_month as (
    select
        *,
        last_value(case when is_observed then last_year_to_date_amount end ignore nulls) over year_to_date
            as last_year_observed_amount,
        last_value(case when is_observed then report_month end ignore nulls) over year_to_date as observed_month,
        sum(amount) over last_three as three_amount,
        count(amount) over last_three as three_count,
        sum(amount) over year_to_date as year_amount,
        count(amount) over year_to_date as year_count,
        last_value(amount ignore nulls) over all_to_date as last_amount,
        sum(amount) over last_twelve as twelve_amount,
        sum(squared(cast(amount as double))) over last_twelve as twelve_square,
        count(*) filter (where has_level_before) over last_twelve as changes_count,
        height_ratio(
            sum(amount) over three_of_year,
            sum(last_year_month_amount) filter (where amount is not null) over three_of_year,
            last_year_amount
        ) as height_ratio,
        sum(shape_miss * shape_miss) over year_to_date as shape_square,
        sum(rate_miss * rate_miss) over year_to_date as rate_square,
        sum(shape_miss * rate_miss) over year_to_date as cross_square,
        count(rate_miss) over year_to_date as misses_count,
        bool_and(coalesce(case when kind = 'flow' then amount else known_amount end >= 0, true)) over all_to_date
            as is_never_negative,
        bool_or(is_suppressed) over all_to_date as is_withheld,
    from dated_month
    window
        all_to_date as (
            partition by org_unit_code, indicator_code, last_month, era
            order by report_month rows between unbounded preceding and current row
        ),
        last_three as (
            partition by org_unit_code, indicator_code, last_month, era
            order by report_month range between interval 2 month preceding and current row
        ),
        last_twelve as (
            partition by org_unit_code, indicator_code, last_month, era
            order by report_month range between interval 11 month preceding and current row
        ),
        three_of_year as (
            partition by org_unit_code, indicator_code, last_month, era, report_year
            order by report_month range between interval 2 month preceding and current row
        ),
        year_to_date as (
            partition by org_unit_code, indicator_code, last_month, era, report_year
            order by report_month rows between unbounded preceding and current row
        )
),

last_year_miss as (
    select
        org_unit_code,
        indicator_code,
        last_month,
        era,
        report_year + 1 as report_year,
        sum(rate_miss * rate_miss) / count(rate_miss) as mean_square,
    from core.projection_month
    where rate_miss is not null
    group by org_unit_code, indicator_code, last_month, era, report_year
),

-- last year of an heir and of those it took over, where each month of it is known
heir_last_year as (
    select
        wanted_end.org_unit_code,
        wanted_end.indicator_code,
        wanted_end.origin_month as report_month,
        wanted_end.series_end_month as end_month,
        sum(millionths(month_value.ytd_value)) as amount,
    from (
        select distinct
            org_unit_code,
            indicator_code,
            origin_month,
            series_end_month,
        from wanted_end
    ) as wanted_end
    inner join core.reporting_line as line
        on
            wanted_end.org_unit_code = line.org_unit_code
            and wanted_end.indicator_code = line.indicator_code
            and wanted_end.origin_month >= coalesce(line.from_month, wanted_end.origin_month)
    inner join core.month_value
        on
            line.reporting_unit_code = month_value.org_unit_code
            and line.indicator_code = month_value.indicator_code
            and wanted_end.series_end_month - interval 1 year = month_value.report_month
    where
        wanted_end.org_unit_code in (select heir_code from core.succession)
        and (line.from_month is not null or line.org_unit_code = line.reporting_unit_code)
    group by
        wanted_end.org_unit_code, wanted_end.indicator_code, wanted_end.origin_month, wanted_end.series_end_month
    having
        bool_or(line.from_month is not null)
        and sum(month_value.months_due_count - month_value.months_covered_count) = 0
        and bit_or(month_value.covered_months)
        = month_bits(date_trunc('year', wanted_end.series_end_month), wanted_end.series_end_month)
),

month_left as (
    select
        wanted_end.asking_code,
        wanted_end.report_month as asked_month,
        wanted_end.end_month,
        wanted_end.is_over,
        running_month.*,
        indicator.decimals,
        last_year_miss.mean_square as last_year_mean_square,
        coalesce(
            case when running_month.is_last_year_whole then last_year_end.shape_to_date_amount end,
            heir_last_year.amount
        )
        -- what an ended unit never reported has no last year either: like with like
        * case
            when wanted_end.is_over
                then 1 - running_month.unit_months_missing_count / greatest(running_month.unit_months_due_count, 1)
            else 1
        end as last_year_end_amount,
        -- months to come, and those that are missing so far: of a parent, in months of all its units
        case
            when wanted_end.is_over then 0
            else
                date_diff('month', running_month.report_month, wanted_end.series_end_month)
                + case
                    when running_month.kind = 'flow'
                        then running_month.unit_months_missing_count / running_month.units_due_count
                    else date_diff('month', running_month.observed_month, running_month.report_month)
                end
        end as months_left,
        last_year_end.shape_to_date_amount
        - case
            when running_month.kind = 'flow'
                then
                    running_month.last_year_to_date_amount
                    * (1 - running_month.unit_months_missing_count / greatest(running_month.unit_months_due_count, 1))
            else running_month.last_year_observed_amount
        end as last_year_rest,
    from wanted_end
    inner join running_month
        on
            wanted_end.org_unit_code = running_month.org_unit_code
            and wanted_end.indicator_code = running_month.indicator_code
            and wanted_end.last_month = running_month.last_month
            and wanted_end.origin_month = running_month.report_month
    inner join core.indicator as indicator on running_month.indicator_code = indicator.indicator_code
    left join last_year_miss
        on
            running_month.org_unit_code = last_year_miss.org_unit_code
            and running_month.indicator_code = last_year_miss.indicator_code
            and running_month.last_month = last_year_miss.last_month
            and running_month.era = last_year_miss.era
            and running_month.report_year = last_year_miss.report_year
    left join core.projection_month as last_year_end
        on
            running_month.org_unit_code = last_year_end.org_unit_code
            and running_month.indicator_code = last_year_end.indicator_code
            and running_month.last_month = last_year_end.last_month
            and running_month.era = last_year_end.era
            and wanted_end.series_end_month - interval 1 year = last_year_end.report_month
    left join heir_last_year
        on
            running_month.org_unit_code = heir_last_year.org_unit_code
            and running_month.indicator_code = heir_last_year.indicator_code
            and running_month.report_month = heir_last_year.report_month
            and wanted_end.series_end_month = heir_last_year.end_month
),

-- a level without a last year goes on as it went, as far as its changes agree: a month of no change counts beside them
drift as (
    select
        *,
        coalesce(
            squared(squared(cast(twelve_amount as double)) / nullif((changes_count + 1) * twelve_square, 0)), 0
        ) as drift_weight,
        coalesce(cast(twelve_amount as double) / nullif(changes_count, 0), 0) as mean_change,
    from month_left
),

forecast as (
    select
        *,
        case
            when not is_seasonal then 0
            when kind = 'stock' then last_year_rest
            else last_year_rest * height_ratio
        end as shape_rest,
        case
            when kind = 'stock' and is_seasonal then 0
            when kind = 'stock' then drift_weight * mean_change
            when three_count = 0 then cast(last_amount as double)
            when is_seasonal then cast(three_amount as double) / three_count
            -- nothing beside it: half the last three months, half the whole year so far
            else cast(three_amount as double) / three_count / 2 + cast(year_amount as double) / year_count / 2
        end as monthly_rate,
        -- in the first months little is known of which is right: what both miss alike counts as one month more
        cast(shape_square + rate_square as double) / nullif(2 * misses_count, 0) as common_square,
    from drift
),

-- twice the squared misses, a quarter of the belief
believed as (
    select
        *,
        case when is_seasonal then squared(rate_square + common_square) else 0 end as shape_belief,
        case when is_seasonal then squared(shape_square + common_square) else 1 end as rate_belief,
    from forecast
),

weighed as (
    select
        *,
        case when shape_belief + rate_belief = 0 then 0.5e0 else shape_belief / (shape_belief + rate_belief) end
            as shape_weight,
    from believed
),

blended as (
    select
        *,
        case
            when months_left = 0 then 0
            else shape_weight * shape_rest + (1 - shape_weight) * monthly_rate * months_left
        end as rest_amount,
        -- the mean squared miss of this very blend in this year; last year's own counts as three months as far as the
        -- rate is believed; without a last year, a tenth of the rate (of a level, 1/200) counts as one
        case
            when is_seasonal
                then (
                    squared(shape_weight) * shape_square
                    + 2 * shape_weight * (1 - shape_weight) * cross_square
                    + squared(1 - shape_weight) * rate_square
                    + 3 * (1 - shape_weight) * coalesce(last_year_mean_square, 0)
                ) / (misses_count + 3)
            when kind = 'stock'
                then (
                    coalesce(twelve_square, 0)
                    + changes_count * monthly_rate * (monthly_rate - 2 * mean_change)
                    + squared(known_amount / 200e0)
                ) / (changes_count + 1)
            else (coalesce(rate_square, 0) + squared(monthly_rate / 10)) / (misses_count + 1)
        end as mean_square,
        misses_count + case when is_seasonal then 12 else 0 end as months_known_count,
    from weighed
),

varied as (
    select
        *,
        -- a month's misses go on in the next, those of a level partly cancel out: so the backtest has it;
        -- and where two forecasts part, one of them is wrong
        case
            when kind = 'stock'
                then
                    months_left * sqrt(months_left) * mean_square
                    + case
                        when is_seasonal then 0
                        else drift_weight * (1 - drift_weight) * squared(mean_change * months_left)
                    end
            else
                squared(1.15e0 * months_left) * mean_square
                + shape_weight * (1 - shape_weight) * squared(shape_rest - monthly_rate * months_left)
        end as amount_variance,
        -- counts vary by chance as much as they are large, and by half an event where there was none
        case
            when decimals = 0
                then 1e6 * greatest(rest_amount, 0) + 0.5e12 * months_left / greatest(months_known_count, 1)
            else 0
        end as chance_variance,
    from blended
)

select
    org_unit_code,
    asking_code as indicator_code,
    indicator_code as part_code,
    asked_month as report_month,
    end_month,
    last_month,
    kind,
    is_over,
    is_seasonal,
    months_left,
    known_amount,
    last_year_rest,
    height_ratio,
    three_amount,
    three_count,
    year_amount,
    year_count,
    changes_count,
    mean_change,
    drift_weight,
    monthly_rate,
    shape_rest,
    misses_count,
    shape_square,
    rate_square,
    shape_weight,
    rest_amount,
    mean_square,
    months_known_count,
    case when months_left = 0 then 0 else sqrt(amount_variance + chance_variance) end as deviation_amount,
    is_never_negative,
    last_year_end_amount,
    is_withheld,
from varied
order by org_unit_code, asking_code, part_code, report_month, last_month
