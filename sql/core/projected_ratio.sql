-- grain: one row per org unit, ratio and month: the ratio at its end month, from its projected parts
-- Its parts mostly move together: what counts is by how much the numerator was off, given the denominator
-- (docs/projection.md).
with month_part as (
    select
        ratio.indicator_code,
        numerator.org_unit_code,
        numerator.report_month,
        numerator.last_month,
        numerator.report_year,
        numerator.era,
        numerator.is_last_year_whole and denominator.is_last_year_whole as is_last_year_whole,
        -- a flow by what its month brought, a level as it stands
        case
            when not (numerator.is_observed and denominator.is_observed) then null
            when numerator.kind = 'flow' then numerator.amount
            else numerator.known_amount
        end as numerator_amount,
        case
            when not (numerator.is_observed and denominator.is_observed) then null
            when denominator.kind = 'flow' then denominator.amount
            else denominator.known_amount
        end as denominator_amount,
    from core.indicator as ratio
    inner join core.projection_month as numerator on ratio.numerator_code = numerator.indicator_code
    inner join core.projection_month as denominator
        on
            ratio.denominator_code = denominator.indicator_code
            and numerator.org_unit_code = denominator.org_unit_code
            and numerator.last_month = denominator.last_month
            and numerator.report_month = denominator.report_month
    where ratio.kind = 'ratio'
),

month_miss as (
    select
        *,
        missed_by(
            numerator_amount,
            denominator_amount * cast(sum(numerator_amount) over three_before as double)
            / nullif(cast(sum(denominator_amount) over three_before as double), 0)
        ) as part_miss,
    from month_part
    window three_before as (
        partition by org_unit_code, indicator_code, last_month, era
        order by report_month range between interval 3 month preceding and interval 1 month preceding
    )
),

running_miss as (
    select
        *,
        last_value(numerator_amount ignore nulls) over year_to_date as latest_amount,
        coalesce(sum(part_miss * part_miss) over year_to_date, 0) as miss_square,
        count(part_miss) over year_to_date as misses_count,
    from month_miss
    window year_to_date as (
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
        sum(part_miss * part_miss) / count(part_miss) as mean_square,
    from month_miss
    where part_miss is not null
    group by org_unit_code, indicator_code, last_month, era, report_year
),

part_end as (
    select
        numerator.org_unit_code,
        running_miss.indicator_code,
        numerator.report_month,
        numerator.end_month,
        numerator.kind,
        numerator.projection_basis,
        numerator_indicator.decimals,
        greatest(numerator.months_left, denominator.months_left) as months_left,
        numerator.rest_value,
        denominator.projected_value as denominator_value,
        numerator.projected_value / denominator.projected_value as projected_ratio,
        numerator.floor_value is not null as is_never_negative,
        numerator.months_known_count,
        numerator.is_withheld or denominator.is_withheld as is_withheld,
        case
            when running_miss.is_last_year_whole and last_year_miss.mean_square is not null
                then (running_miss.miss_square + 3 * last_year_miss.mean_square) / (running_miss.misses_count + 3)
            else (
                running_miss.miss_square
                + squared(running_miss.latest_amount / case when numerator.kind = 'flow' then 10e0 else 200e0 end)
            ) / (running_miss.misses_count + 1)
        end as mean_square,
    from core.indicator as ratio
    inner join core.indicator as numerator_indicator on ratio.numerator_code = numerator_indicator.indicator_code
    inner join core.projected_end as numerator
        on ratio.indicator_code = numerator.indicator_code and ratio.numerator_code = numerator.part_code
    inner join core.projected_end as denominator
        on
            ratio.indicator_code = denominator.indicator_code
            and ratio.denominator_code = denominator.part_code
            and numerator.org_unit_code = denominator.org_unit_code
            and numerator.report_month = denominator.report_month
    inner join running_miss
        on
            ratio.indicator_code = running_miss.indicator_code
            and numerator.org_unit_code = running_miss.org_unit_code
            -- its doubt is that of the units that stay
            and numerator.last_month = running_miss.last_month
            and least(numerator.report_month, numerator.end_month) = running_miss.report_month
    left join last_year_miss
        on
            running_miss.org_unit_code = last_year_miss.org_unit_code
            and running_miss.indicator_code = last_year_miss.indicator_code
            and running_miss.last_month = last_year_miss.last_month
            and running_miss.era = last_year_miss.era
            and running_miss.report_year = last_year_miss.report_year
    where denominator.projected_value > 0
),

varied as (
    select
        *,
        case
            when kind = 'stock' then months_left * sqrt(months_left) * mean_square
            else squared(1.15e0 * months_left) * mean_square
        end as amount_variance,
        -- of so many events each is a hit or not, by chance
        case
            when decimals = 0
                then
                    greatest(rest_value, 0) * greatest(1 - projected_ratio, 0)
                    + 0.5e0 * months_left / greatest(months_known_count, 1)
            else 0
        end as chance_variance,
    from part_end
)

select
    org_unit_code,
    indicator_code,
    report_month,
    end_month,
    case when months_left = 0 then 'actual' when projection_basis = 'actual' then 'run_rate' else projection_basis end
        as projection_basis,
    projected_ratio,
    case
        when months_left = 0 then 0
        else sqrt(amount_variance / 1e12 + chance_variance) / denominator_value
    end as deviation_ratio,
    case when is_never_negative then 0 end as floor_ratio,
    case when decimals = 0 then 0.5e0 / denominator_value else 0 end as half_step_ratio,
    is_withheld,
from varied
order by org_unit_code, indicator_code, report_month
