-- grain: one row per org unit, indicator, month and cell of a workbook that its figures rest on
-- view: worked out when somebody asks, from mart alone; ask for one unit, indicator and month.
-- Of a sum over months: the newest cumulative and the months after it (domain.md, Submissions); of a level: the latest.
-- For a unit above: the cells of all units below it. For a ratio or a growth: those of its parts.
with part as (
    select
        indicator_code,
        unnest(
            case
                when kind = 'ratio' and numerator_code is not null then [numerator_code, denominator_code]
                when kind = 'growth' and numerator_code is not null then [numerator_code]
                else [indicator_code]
            end
        ) as source_indicator_code,
        kind != 'ratio' as is_compared,  -- with last year
    from mart.indicator
),

source as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        org_unit_code as source_unit_code,
    from mart.completion
    union all
    select
        org_unit_code,
        indicator_code,
        report_month,
        source_unit_code,
    from mart.contribution
),

source_part as (
    select
        source.*,
        part.source_indicator_code,
        part.is_compared,
    from source
    inner join part using (indicator_code)
),

source_series as (
    select distinct
        source_unit_code,
        source_indicator_code,
        report_month,
    from source_part
),

-- by each month, whoever adds it up: the newest cumulative, the newest number, and whether the month has one of its own
series as (
    select
        source_series.*,
        max(cell.report_month) filter (where cell.measure = 'ytd') as cumulative_month,
        max(cell.report_month) filter (where cell.measure in ('month', 'ytd')) as latest_month,
        bool_or(cell.measure = 'month' and cell.report_month = source_series.report_month) as has_month_cell,
    from source_series
    inner join mart.reported_cell as cell
        on
            source_series.source_unit_code = cell.org_unit_code
            and source_series.source_indicator_code = cell.indicator_code
            and year(source_series.report_month) = year(cell.report_month)
            and source_series.report_month >= cell.report_month
    where cell.is_not_applicable is distinct from true  -- no figure rests on it
    group by all
),

year_cell as (
    select
        source_part.*,
        cell.report_month as source_month,
        cell.* exclude (org_unit_code, indicator_code, report_month, is_not_applicable),
        indicator.kind = 'flow' as is_summed,
        series.cumulative_month,
        series.latest_month,
        series.has_month_cell,
    from source_part
    inner join mart.indicator as indicator on source_part.source_indicator_code = indicator.indicator_code
    inner join series using (source_unit_code, source_indicator_code, report_month)
    inner join mart.reported_cell as cell
        on
            source_part.source_unit_code = cell.org_unit_code
            and source_part.source_indicator_code = cell.indicator_code
            and year(source_part.report_month) = year(cell.report_month)
            and source_part.report_month >= cell.report_month
    where cell.is_not_applicable is distinct from true
),

ruled_cell as (
    select
        *,
        case
            when not is_summed then measure in ('month', 'ytd') and source_month = latest_month
            when measure = 'ytd' then source_month = cumulative_month
            when measure = 'month' then coalesce(source_month > cumulative_month, true)
            else false
        end as is_ytd_term,
        -- the month's own number, or the two cumulatives that it is the difference of
        source_month = report_month and (measure = 'month' or (measure = 'ytd' and not has_month_cell))
        or (
            is_summed
            and not has_month_cell
            and measure = 'ytd'
            and cumulative_month = report_month
            and date_diff('month', source_month, report_month) = 1
        ) as is_month_term,
    from year_cell
)

select
    org_unit_code,
    indicator_code,
    report_month,
    source_unit_code,
    source_indicator_code,
    source_month,
    measure,
    value,
    cell_text,
    finished_on,
    is_month_term,
    is_ytd_term,
    submission_id,
    file_name,
    sheet_name,
    cell,
    is_held,
    is_late,
    is_sample,
    is_suppressed,
    is_corrected,
    corrected_on,
    decision_id,
from ruled_cell
where
    is_month_term
    or is_ytd_term
    or measure = 'finished_on'
    or (measure = 'prior_ytd' and source_month = latest_month and is_compared)
