-- grain: one row per check figure (month, year to date) of a parent on an indicator whose source is the units below
-- Judged only when every unit that was asked has answered: what is missing is told as missing.
with check_figure as (
    select
        sound_reading.*,
        indicator.source_form,
    from "check".sound_reading as sound_reading
    inner join core.indicator as indicator using (indicator_code)
    where sound_reading.form_code != indicator.source_form and sound_reading.kind in ('flow', 'stock')
),

unit_answer as (
    select
        check_figure.row_key,
        source.month_value,
        source.ytd_value,
        (source.month_value is not null and not coalesce(source.is_month_rough, false))
        or coalesce(source.month_state = 'not_applicable', false) as has_month,
        (source.ytd_value is not null and not coalesce(source.is_ytd_rough, false))
        or coalesce(source.ytd_state = 'not_applicable', false) as has_ytd,
    from check_figure
    inner join core.org_descendant as below
        on check_figure.org_unit_code = below.ancestor_code and below.depth > 0
    inner join core.expected_cell as asked
        on
            check_figure.source_form = asked.form_code
            and check_figure.indicator_code = asked.indicator_code
            and check_figure.report_month = asked.report_month
            and below.descendant_code = asked.org_unit_code
    left join "check".sound_reading as source
        on
            source.is_newest
            and asked.form_code = source.form_code
            and asked.sender_code = source.sender_code
            and asked.org_unit_code = source.org_unit_code
            and asked.indicator_code = source.indicator_code
            and asked.report_month = source.report_month
),

unit_sum as (
    select
        row_key,
        count(*) as units_count,
        case when bool_and(has_month) then coalesce(sum(month_value), 0) end as month_sum_value,
        case when bool_and(has_ytd) then coalesce(sum(ytd_value), 0) end as ytd_sum_value,
    from unit_answer
    group by row_key
),

compared_cell as (
    select
        check_figure.*,
        unit_sum.units_count,
        unnest([
            struct_pack(
                field := 'month',
                cell := month_cell,
                text := month_text,
                own := case when not coalesce(is_month_rough, false) then month_value end,
                below := month_sum_value
            ),
            struct_pack(
                field := 'ytd',
                cell := ytd_cell,
                text := ytd_text,
                own := case when not coalesce(is_ytd_rough, false) then ytd_value end,
                below := ytd_sum_value
            )
        ]) as figure,
    from check_figure
    inner join unit_sum using (row_key)
)

select
    concat_ws(':', row_key, figure.field) as check_key,
    submission_id,
    org_unit_code,
    form_code,
    indicator_code,
    report_month,
    sheet_name,
    figure.cell as cell,
    figure.text as found,
    printf('%.15g', cast(figure.below as double)) as expected,
    has_explanation as is_explained,
    units_count,
    -- each unit rounds for itself
    greatest(abs(figure.own - figure.below) - units_count * rounding_value, 0) as gap_value,
from compared_cell
where figure.own is not null and figure.below is not null
order by check_key
