-- grain: one row per month's amount or level with at least four months of its own in the two years before it
-- How far it lies from what its own history makes likely, in spreads. The nearest of these explains it:
--   the usual amount: the median of those months;
--   last year's same month, raised or lowered as this year stands against last;
--   the usual amount, raised or lowered as the other units' are in this month: a campaign moves all of them;
--   of a level the month before: levels move by steps, so the step is judged;
--   two months before that were as far out.
-- The plain z cannot exceed (n − 1) ÷ √n and a modified one drops a median deviation of 0: see robust_variance. What
-- four months vary by is little known, so it is mixed with what the other units' months vary by (seven in ten of them
-- vary less), in a month's own size; without five units a count's own chance and a tenth of it serve.
with paired_amount as (
    select
        -- windows move every column of a row: the words join at the end
        current_month.row_key,
        current_month.form_code,
        current_month.org_unit_code,
        current_month.indicator_code,
        current_month.report_month,
        current_month.kind,
        current_month.is_newest,
        current_month.amount,
        last_year.amount as last_year_amount,
        previous_month.amount as previous_amount,
        -- of a flow the month before explains nothing
        case
            when current_month.kind = 'stock' then current_month.amount - previous_month.amount
        end as step_amount,
    from "check".month_amount as current_month
    left join "check".month_amount as last_year
        on
            last_year.is_newest
            and current_month.form_code = last_year.form_code
            and current_month.org_unit_code = last_year.org_unit_code
            and current_month.indicator_code = last_year.indicator_code
            and current_month.report_month = last_year.report_month + interval 12 month
    left join "check".month_amount as previous_month
        on
            previous_month.is_newest
            and current_month.form_code = previous_month.form_code
            and current_month.org_unit_code = previous_month.org_unit_code
            and current_month.indicator_code = previous_month.indicator_code
            and current_month.report_month = previous_month.report_month + interval 1 month
),

-- each row with its own two years, gathered once: to search one window seven times takes twice as long
gathered as (
    select
        *,
        list(amount) filter (where is_newest) over two_years as amounts,
        list(step_amount) filter (where is_newest and step_amount is not null) over two_years as steps,
        -- the months that are known of both years
        sum(abs(amount)) filter (where is_newest and last_year_amount is not null) over this_year as this_year_amount,
        sum(abs(last_year_amount)) filter (where is_newest) over this_year as past_year_amount,
    from paired_amount
    window
        two_years as (
            partition by form_code, org_unit_code, indicator_code
            order by report_month
            range between interval 24 month preceding and interval 1 month preceding
        ),
        this_year as (
            partition by form_code, org_unit_code, indicator_code
            order by report_month
            range between interval 11 month preceding and interval 1 month preceding
        )
),

ordered as (
    select
        * replace (list_sort(amounts) as amounts, list_sort(steps) as steps),
    from gathered
    where len(amounts) >= 4
),

sized as (
    select
        * exclude (amounts, steps),
        len(amounts) as months_count,
        quantile_of_sorted(amounts, 0.5) as usual_amount,
        sorted_variance(amounts) as variance,
        quantile_of_sorted(steps, 0.5) as usual_step_amount,
        sorted_variance(steps) as step_variance,
        amounts[2] as second_lowest_amount,
        amounts[-2] as second_highest_amount,
        greatest(abs(usual_amount), 1) as usual_size,
    from ordered
),

all_units as (
    select
        form_code,
        indicator_code,
        report_month,
        count(distinct org_unit_code) as units_count,
        quantile_cont(variance / usual_size, 0.7) as dispersion,
        quantile_cont(step_variance / usual_size, 0.7) as step_dispersion,
        median((abs(amount) + 1) / (abs(usual_amount) + 1)) as common_rise_ratio,
    from sized
    group by all
),

likely as (
    select
        *,
        -- three usual months are added to either year: one or two alone say little
        last_year_amount
        * (coalesce(this_year_amount, 0) + 3 * abs(usual_amount))
        / nullif(coalesce(past_year_amount, 0) + 3 * abs(usual_amount), 0) as season_amount,
        case when units_count >= 5 then usual_amount * common_rise_ratio end as common_amount,
        case when kind = 'stock' then previous_amount + coalesce(usual_step_amount, 0) end as continued_amount,
        mixed_spread(
            months_count,
            variance,
            case
                when units_count >= 5 then dispersion * usual_size
                when kind = 'flow' then usual_size + squared(0.1 * usual_amount)
                else 1 + squared(0.02 * usual_amount)
            end
        ) as usual_spread,
        mixed_spread(
            months_count - 1,
            step_variance,
            case when units_count >= 5 then step_dispersion * usual_size else 1 + squared(0.01 * usual_amount) end
        ) as step_spread,
    from sized
    inner join all_units using (form_code, indicator_code, report_month)
),

measured as (
    select
        *,
        -- least() passes over what is not known
        case
            when
                amount between second_lowest_amount - 2 * usual_spread and second_highest_amount + 2 * usual_spread
                then 0
            else
                least(
                    abs(amount - usual_amount) / usual_spread,
                    abs(amount - season_amount) / usual_spread,
                    abs(amount - common_amount) / usual_spread,
                    abs(amount - continued_amount) / step_spread
                ) / allowance(months_count)
        end as spreads_ratio,
    from likely
)

select
    row_key,
    month_amount.submission_id,
    month_amount.org_unit_code,
    month_amount.form_code,
    month_amount.indicator_code,
    month_amount.report_month,
    month_amount.kind,
    month_amount.sheet_name,
    month_amount.cell,
    month_amount.text,
    month_amount.has_explanation,
    month_amount.amount,
    months_count,
    usual_amount,
    usual_spread,
    continued_amount,
    previous_amount,
    last_year_amount,
    -- to three places: the same on every machine
    cast(spreads_ratio as decimal(18, 3)) as spreads_ratio,
    -- a series of nothing but zeros says nothing about the size of what comes at last
    case when usual_amount != 0 then cast(spreads_ratio as decimal(18, 3)) end as gross_ratio,
from "check".month_amount as month_amount
inner join measured using (row_key)
