-- grain: one row per org unit, indicator, month, flow or stock that it is or is made of, and series: the projected rest
-- The way to mart.completion.projected_value, while anything is left to come: what is known, and what the forecasts say
-- of the rest (docs/projection.md). Nothing here tells more than the row itself: what is withheld there has no rows.
select
    series.org_unit_code,
    series.indicator_code,
    series.report_month,
    series.part_code,
    cast(least(series.end_month, series.last_month) as date) as series_end_month,
    series.is_seasonal,
    try_cast(series.known_amount / 1e6 as decimal(24, 6)) as known_value,
    try_cast(series.months_left as decimal(24, 6)) as months_left,
    case when series.is_seasonal then try_cast(series.last_year_rest / 1e6 as decimal(24, 6)) end
        as last_year_rest_value,
    case when series.is_seasonal and series.kind = 'flow' then try_cast(series.height_ratio as decimal(24, 6)) end
        as height_ratio,
    case when series.is_seasonal then try_cast(series.shape_weight as decimal(24, 6)) end as shape_weight_ratio,
    case when series.kind = 'flow' then try_cast(series.monthly_rate / 1e6 as decimal(24, 6)) end as monthly_rate_value,
    case when series.kind = 'flow' then try_cast(series.three_amount / 1e6 as decimal(24, 6)) end as recent_value,
    case when series.kind = 'flow' then cast(series.three_count as integer) end as recent_months_count,
    case when series.kind = 'flow' then try_cast(series.year_amount / 1e6 as decimal(24, 6)) end as year_value,
    case when series.kind = 'flow' then cast(series.year_count as integer) end as year_months_count,
    case
        when series.kind = 'stock' and not series.is_seasonal then try_cast(series.mean_change / 1e6 as decimal(24, 6))
    end as mean_change_value,
    case when series.kind = 'stock' and not series.is_seasonal then try_cast(series.drift_weight as decimal(24, 6)) end
        as drift_weight_ratio,
    case when series.kind = 'stock' and not series.is_seasonal then cast(series.changes_count as integer) end
        as changes_count,
    -- how far off the two forecasts were, the root of the mean square
    case when series.kind = 'flow' or series.is_seasonal then cast(series.misses_count as integer) end as misses_count,
    case
        when series.is_seasonal
            then try_cast(sqrt(series.shape_square / nullif(series.misses_count, 0)) / 1e6 as decimal(24, 6))
    end as shape_miss_value,
    case
        when series.kind = 'flow' or series.is_seasonal
            then try_cast(sqrt(series.rate_square / nullif(series.misses_count, 0)) / 1e6 as decimal(24, 6))
    end as rate_miss_value,
    try_cast(series.rest_amount / 1e6 as decimal(24, 6)) as rest_value,
    case when series.kind = 'flow' then try_cast(series.last_year_end_amount / 1e6 as decimal(24, 6)) end
        as last_year_end_value,
    try_cast(series.deviation_amount / 1e6 as decimal(24, 6)) as deviation_value,
from core.projected_series as series
inner join mart.completion as completion
    on
        series.org_unit_code = completion.org_unit_code
        and series.indicator_code = completion.indicator_code
        and series.report_month = completion.report_month
where
    completion.projected_value is not null
    and completion.projection_basis != 'actual'
    -- what ended units never reported is not waited for
    and series.known_amount is not null
order by
    series.org_unit_code, series.indicator_code, series.report_month, series.part_code, series.last_month
