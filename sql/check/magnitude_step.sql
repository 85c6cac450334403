-- grain: one row per amount (month, year to date) in a unit that converts, with three or more months before it
-- 元 for 万元 is 10^4 off, 元 for 亿元 10^8: the only sizes of error that a mistaken unit can have.
with convertible_unit as (
    select written.unit
    from reference.unit as written
    where exists (
        select other.unit
        from reference.unit as other
        where other.family = written.family and other.factor != written.factor
    )
),

monthly_amount as (
    select
        reading.*,
        unnest([
            struct_pack(field := 'month', cell := month_cell, text := month_text, value := month_value, months := 1),
            struct_pack(
                field := 'ytd',
                cell := ytd_cell,
                text := ytd_text,
                value := ytd_value,
                months := case when reading.kind = 'flow' then month(reading.report_month) else 1 end
            )
        ]) as amount,
    from core.reading as reading
    inner join "check".submission as submission using (submission_id)
    inner join convertible_unit using (unit)
    where submission.is_identified and reading.is_asked and reading.kind in ('flow', 'stock')
),

sized_amount as (
    select
        *,
        amount.field as field,
        abs(amount.value / amount.months) as size_value,  -- a month's worth
    from monthly_amount
    where amount.value != 0
),

newest_amount as (
    select
        form_code,
        org_unit_code,
        indicator_code,
        report_month,
        field,
        size_value,
    from sized_amount
    -- an earlier month is what its newest version says, of those that pass the rules which need no other month
    where
        withdrawn_at is null
        and submission_id not in (select own_fault.submission_id from "check".own_fault as own_fault)
    qualify row_number() over (
        partition by form_code, org_unit_code, indicator_code, report_month, field
        order by version desc, row_number
    ) = 1
),

usual_amount as (
    select
        sized_amount.submission_id,
        sized_amount.sheet_name,
        sized_amount.row_number,
        sized_amount.field,
        median(earlier.size_value) as usual_value,
    from sized_amount
    inner join newest_amount as earlier
        on
            sized_amount.form_code = earlier.form_code
            and sized_amount.org_unit_code = earlier.org_unit_code
            and sized_amount.indicator_code = earlier.indicator_code
            and sized_amount.field = earlier.field
            and earlier.report_month < sized_amount.report_month
            and earlier.report_month >= sized_amount.report_month - interval 12 month
    group by all
    having count(*) >= 3
),

power_step as (
    select
        sized_amount.*,
        usual_amount.usual_value,
        log10(sized_amount.size_value / usual_amount.usual_value) as power,
    from sized_amount
    inner join usual_amount using (submission_id, sheet_name, row_number, field)
)

select
    concat_ws(':', submission_id, sheet_name, row_number, field) as check_key,
    submission_id,
    org_unit_code,
    form_code,
    indicator_code,
    report_month,
    sheet_name,
    amount.cell as cell,
    -- in the unit that was written: beside the number, else in its column
    case
        when regexp_matches(amount.text, '[\p{Han}%]') then amount.text
        else amount.text || ' ' || coalesce(unit_text, unit)
    end as found,
    shown_about(usual_value * amount.months) || ' ' || unit as usual_shown,
    '≈ ' || usual_shown as expected,
    has_explanation as is_explained,
    row_number,
    field,
    -- within half a power of ten of a mistaken unit; honest months never come near
    case
        when abs(abs(power) - 4) <= 0.5 then 4 * cast(sign(power) as integer)
        when abs(abs(power) - 8) <= 0.5 then 8 * cast(sign(power) as integer)
        else 0
    end as slip_power_count,
from power_step
order by check_key
