-- grain: one row per reporting org unit, indicator (derived ones too) and month, with its actual as an exact fraction
-- A ratio or growth has a fraction only where both of its parts cover the same months: matched, never mixed.
-- is_ended: what a unit had by its end, in the months that are left of that year (flows, and what is made of them).
with asked_month as (
    select
        month_value.org_unit_code,
        month_value.indicator_code,
        month_value.report_month,
        month_value.report_year,
        month_value.kind,
        month_value.due_on,
        month_value.lock_on,
        month_value.received_at,
        month_value.is_reported,
        month_value.is_not_applicable,
        month_value.is_answered_not_applicable,
        month_value.is_held,
        month_value.is_corrected,
        month_value.is_sample,
        month_value.is_late,
        month_value.month_value,
        month_value.counted_value,
        month_value.ytd_value,
        prior_value.prior_ytd_value,
        month_value.months_covered_count,
        month_value.months_due_count,
        month_value.finished_on,
        coalesce(month_value.is_ended, false) as is_ended,
        millionths(
            case
                -- a milestone: only these have a day
                when month_value.finished_on <= last_day(month_value.report_month) then 1
                else month_value.ytd_value
            end
        ) as actual_numerator,
        case
            when month_value.ytd_value is not null or month_value.finished_on is not null then cast(1000000 as hugeint)
        end as actual_denominator,
        null as null_reason,
    from core.month_value
    left join core.prior_value using (org_unit_code, indicator_code, report_month)
),

ratio_month as (
    select
        numerator.org_unit_code,
        indicator.indicator_code,
        numerator.report_month,
        numerator.report_year,
        indicator.kind,
        numerator.due_on,
        numerator.lock_on,
        greatest(numerator.received_at, denominator.received_at) as received_at,
        numerator.is_reported and denominator.is_reported as is_reported,
        numerator.is_not_applicable or denominator.is_not_applicable as is_not_applicable,
        numerator.is_answered_not_applicable or denominator.is_answered_not_applicable as is_answered_not_applicable,
        numerator.is_held or denominator.is_held as is_held,
        numerator.is_corrected or denominator.is_corrected as is_corrected,
        numerator.is_sample or denominator.is_sample as is_sample,
        numerator.is_late or denominator.is_late as is_late,
        numerator.ytd_value as part_numerator,
        denominator.ytd_value as part_denominator,
        -- of the months that neither part takes out, those that both know
        bit_count(
            numerator.covered_months & denominator.covered_months & numerator.due_months & denominator.due_months
        ) as months_covered_count,
        bit_count(numerator.due_months & denominator.due_months) as months_due_count,
        coalesce(numerator.is_ended, false) as is_ended,
        numerator.ytd_value is not null and denominator.ytd_value is not null
        and (
            numerator.kind != 'flow' or denominator.kind != 'flow'
            or numerator.covered_months = denominator.covered_months
        ) as is_matched,
    from core.indicator as indicator
    inner join core.month_value as numerator on indicator.numerator_code = numerator.indicator_code
    inner join core.month_value as denominator
        on
            indicator.denominator_code = denominator.indicator_code
            and numerator.org_unit_code = denominator.org_unit_code
            and numerator.report_month = denominator.report_month
    union all by name
    -- of a flow over a level, or the reverse, an ended unit leaves its flow: its level is gone
    select
        ended.org_unit_code,
        indicator.indicator_code,
        ended.report_month,
        ended.report_year,
        indicator.kind,
        false as is_reported,
        false as is_not_applicable,
        false as is_answered_not_applicable,
        ended.is_held,
        ended.is_corrected,
        false as is_sample,
        false as is_late,
        case when ended.indicator_code = indicator.numerator_code then ended.ytd_value else 0 end as part_numerator,
        case when ended.indicator_code = indicator.denominator_code then ended.ytd_value else 0 end as part_denominator,
        ended.months_covered_count,
        ended.months_due_count,
        ended.is_ended,
        ended.ytd_value is not null as is_matched,
    from core.indicator as indicator
    inner join core.month_value as ended
        on ended.indicator_code in (indicator.numerator_code, indicator.denominator_code) and ended.is_ended
    inner join core.indicator as level
        on
            level.indicator_code in (indicator.numerator_code, indicator.denominator_code)
            and level.kind = 'stock'
),

growth_month as (
    select
        asked_month.* exclude (
            indicator_code,
            kind,
            month_value,
            counted_value,
            ytd_value,
            actual_numerator,
            actual_denominator,
            null_reason
        ),
        asked_month.ytd_value as flow_value,
        indicator.indicator_code,
        indicator.kind,
    from core.indicator as indicator
    inner join asked_month on indicator.numerator_code = asked_month.indicator_code
    where indicator.kind = 'growth'
)

select
    asked_month.*,
from asked_month
union all by name
select
    ratio_month.* exclude (part_numerator, part_denominator, is_matched),
    case when is_matched then millionths(part_numerator) end as actual_numerator,
    case when is_matched then millionths(part_denominator) end as actual_denominator,
    case
        when part_numerator is null and part_denominator is null then 'not_reported'
        when part_denominator is null or part_denominator = 0 then 'no_denominator'
        when part_numerator is null then 'no_numerator'
        when not is_matched then 'period_mismatch'
    end as null_reason,
from ratio_month
union all by name
select
    growth_month.* exclude (flow_value, prior_ytd_value),
    millionths(flow_value) - millionths(prior_ytd_value) as actual_numerator,
    case when flow_value is not null then millionths(prior_ytd_value) end as actual_denominator,
    case
        when flow_value is null then 'not_reported'
        when prior_ytd_value is null then 'period_mismatch'
        when prior_ytd_value <= 0 then 'no_base'
    end as null_reason,
from growth_month
order by org_unit_code, indicator_code, report_month
