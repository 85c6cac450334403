-- grain: one row per reporting org unit, flow and month (of an ended unit also after its end): last year's same period
-- The reported figure counts where this year has no gap; without one, our own series over the very same months.
-- A unit's work goes on with its heir: after its end its last year reaches as far as the heir's months of this year do.
-- Months are bits, one per month of the year.
with heir_month as (
    select
        ended.org_unit_code,
        ended.indicator_code,
        ended.report_month,
        max_by(heir.org_unit_code, succession.from_month) as heir_code,
        bit_or(
            heir.covered_months
            & month_bits(
                succession.from_month, least(coalesce(succession.to_month, ended.report_month), ended.report_month)
            )
        ) as covered_months,
    from core.month_value as ended
    inner join core.succession as succession
        on ended.org_unit_code = succession.org_unit_code and ended.report_month >= succession.from_month
    inner join core.month_value as heir
        on
            succession.heir_code = heir.org_unit_code
            and ended.indicator_code = heir.indicator_code
            and ended.report_month = heir.report_month
    where ended.is_ended
    group by ended.org_unit_code, ended.indicator_code, ended.report_month
),

-- the months whose last year is looked for
covered as (
    select
        month_value.*,
        coalesce(heir_month.heir_code, month_value.org_unit_code) as heir_code,
        month_value.covered_months | coalesce(heir_month.covered_months, 0) as period_months,
        case
            when period_months > 0
                then make_date(year(month_value.report_month) - 1, cast(length(bin(period_months)) - 1 as integer), 1)
        end as prior_month,
    from core.month_value
    left join heir_month using (org_unit_code, indicator_code, report_month)
    where month_value.kind = 'flow'
),

-- what a unit took over by the end of a year belongs to its last year from then on
taken_over as (
    select
        succession.heir_code as org_unit_code,
        month_value.indicator_code,
        month_value.report_month,
        sum(month_value.ytd_value) as ytd_value,
        bit_or(month_value.covered_months) as covered_months,
        bit_or(month_value.asked_months & ~month_value.covered_months) as gap_months,
    from core.succession as succession
    inner join core.month_value as month_value
        on
            succession.org_unit_code = month_value.org_unit_code
            and make_date(year(month_value.report_month) + 1, 1, 1)
            between succession.from_month and coalesce(succession.to_month, date '9999-12-01')
    where month_value.kind = 'flow'
    group by succession.heir_code, month_value.indicator_code, month_value.report_month
),

-- a unit founded when its predecessor ended had no last year of its own, which is nothing rather than unknown: the
-- predecessor's is what there is
founded_heir as (
    select distinct
        succession.heir_code as org_unit_code,
        ended.indicator_code,
        ended.report_month,
    from core.succession as succession
    inner join core.month_value as ended
        on succession.org_unit_code = ended.org_unit_code and ended.is_ended
    semi join reference.org_unit as org_unit
        on succession.heir_code = org_unit.code and succession.last_month < org_unit.valid_from
),

prior as (
    select
        covered.*,
        case
            -- what was reported is the prior year's whole cumulative: no match for a year with a gap
            when
                reported.months_covered_count = reported.months_due_count
                and (not coalesce(covered.is_ended, false) or covered.period_months = covered.covered_months)
                then reported.prior_reported_value
        end as reported_value,
        case
            when covered.period_months = 0 then null
            when
                coalesce(last_year.covered_months, 0) | coalesce(taken_over.covered_months, 0) = covered.period_months
                and coalesce(taken_over.gap_months, 0) & covered.period_months = 0
                and coalesce(last_year.asked_months & ~last_year.covered_months, 0) & covered.period_months = 0
                then coalesce(last_year.ytd_value, 0) + coalesce(taken_over.ytd_value, 0)
        end as own_value,
        founded_heir.org_unit_code is not null
        and last_year.org_unit_code is null
        and taken_over.org_unit_code is null as is_without_last_year,
        coalesce(
            reported_value, own_value, case when is_without_last_year and covered.period_months > 0 then 0 end
        ) as value,
        -- where a part is unknown, so is the sum: its months of this year go on in the heir's
        bool_and(value is not null or covered.period_months = 0) over (
            partition by covered.heir_code, covered.indicator_code, covered.report_month
        ) as is_known,
    from covered
    left join core.month_value as reported
        on
            covered.org_unit_code = reported.org_unit_code
            and covered.indicator_code = reported.indicator_code
            and covered.last_covered_month = reported.report_month
    left join core.month_value as last_year
        on
            covered.org_unit_code = last_year.org_unit_code
            and covered.indicator_code = last_year.indicator_code
            and covered.prior_month = last_year.report_month
    left join taken_over
        on
            covered.org_unit_code = taken_over.org_unit_code
            and covered.indicator_code = taken_over.indicator_code
            and covered.prior_month = taken_over.report_month
    left join founded_heir
        on
            covered.org_unit_code = founded_heir.org_unit_code
            and covered.indicator_code = founded_heir.indicator_code
            and covered.report_month = founded_heir.report_month
)

select
    org_unit_code,
    indicator_code,
    report_month,
    case when is_known then value end as prior_ytd_value,
from prior
order by org_unit_code, indicator_code, report_month
