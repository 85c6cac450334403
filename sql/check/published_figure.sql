-- grain: one row per figure on a form that is not its only source: a published growth or rate, or a figure asked twice
-- Ours is worked out from the sums: growth from this year's and last year's cumulative, a rate from its two parts, and
-- of a figure that two forms ask for, what its source form says of the same unit (a parent's sum: community_sum).
with newest_value as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        kind,
        month_value,
        ytd_value,
        prior_ytd_value,
        case when kind = 'flow' then ytd_value else coalesce(month_value, ytd_value) end as standing_value,
    from "check".sound_reading as sound_reading
    inner join core.indicator as indicator using (indicator_code, kind)
    where sound_reading.is_newest and sound_reading.form_code = indicator.source_form
),

published as (
    select
        sound_reading.*,
        indicator.source_form,
        indicator.numerator_code,
        indicator.denominator_code,
        coalesce(ytd_value, month_value) as share_value,
    from "check".sound_reading as sound_reading
    inner join core.indicator as indicator using (indicator_code)
),

-- put together before anything is divided: of millions of flows few have a rate that was published
figure as materialized (
    -- a percentage is published with one decimal: half of its last place may differ
    select
        published.*,
        share_value as own_value,
        flow.ytd_value - flow.prior_ytd_value as part_value,
        flow.prior_ytd_value as whole_value,
        0.0005 as leeway_value,
    from published
    inner join newest_value as flow
        on
            published.numerator_code = flow.indicator_code
            and published.org_unit_code = flow.org_unit_code
            and published.report_month = flow.report_month
    where published.kind = 'growth' and flow.prior_ytd_value > 0
    union all by name
    select
        published.*,
        share_value as own_value,
        part.standing_value as part_value,
        whole.standing_value as whole_value,
        0.0005 as leeway_value,
    from published
    inner join newest_value as part
        on
            published.numerator_code = part.indicator_code
            and published.org_unit_code = part.org_unit_code
            and published.report_month = part.report_month
    inner join newest_value as whole
        on
            published.denominator_code = whole.indicator_code
            and published.org_unit_code = whole.org_unit_code
            and published.report_month = whole.report_month
    where published.kind = 'ratio'
    union all by name
    select
        published.*,
        case
            when published.kind != 'flow' then published.share_value
            else coalesce(published.ytd_value, published.month_value)
        end as own_value,
        case
            when published.kind = 'flow' and published.ytd_value is null then source.month_value
            else source.standing_value
        end as source_value,
        published.rounding_value as leeway_value,
    from published
    inner join newest_value as source using (org_unit_code, indicator_code, report_month)
    where published.form_code != published.source_form
),

compared as (
    select
        *,
        coalesce(source_value, exact_ratio(millionths(part_value), millionths(whole_value))) as our_value,
    from figure
)

select
    row_key as check_key,
    submission_id,
    org_unit_code,
    form_code,
    indicator_code,
    report_month,
    sheet_name,
    case when ytd_value is not null then ytd_cell else month_cell end as cell,
    case when ytd_value is not null then ytd_text else month_text end as found,
    case
        when kind in ('growth', 'ratio') then shown_number(100 * our_value) || '%' else shown_number(our_value)
    end as expected,
    has_explanation as is_explained,
    greatest(abs(own_value - our_value) - leeway_value, 0) as gap_value,
from compared
where own_value is not null and our_value is not null
order by check_key
