-- grain: one row per rank list (siblings, scope, metric), org unit and month of mart.ranking
-- Ties share the better rank: the rank of a rank is itself (1, 2, 2, 4), and equal metrics have one rank.
with ranked as (
    select
        *,
        rank() over (rank_list order by completion_rank) as implied_rank,
        max(completion_rank) over tie - min(completion_rank) over tie as tie_spread_count,
        bool_or(coalesce(is_sample, false)) over rank_list as has_sample_peer,
        count(*) over (partition by parent_code, scope, scope_code, report_month, org_unit_code) as rows_count,
    from mart.ranking
    where completion_rank is not null
    window
        rank_list as (partition by parent_code, scope, scope_code, report_month),
        tie as (partition by parent_code, scope, scope_code, report_month, metric_value)
),

every_row as (
    select * from ranked
    union all by name
    select *
    from mart.ranking
    where completion_rank is null
)

select
    concat_ws(
        ':',
        coalesce(parent_code, ''),
        scope,
        coalesce(scope_code, ''),
        org_unit_code,
        strftime(report_month, '%Y-%m'),
        row_number() over (
            partition by parent_code, scope, scope_code, org_unit_code, report_month order by completion_rank
        )
    ) as check_key,
    cast(null as varchar) as submission_id,
    org_unit_code,
    cast(null as varchar) as form_code,
    case when scope = 'indicator' then scope_code end as indicator_code,
    report_month,
    cast(null as varchar) as sheet_name,
    cast(null as varchar) as cell,
    cast(completion_rank as varchar) as found,
    '1–' || peers_count as expected,
    false as is_explained,
    scope,
    scope_code,
    rows_count,
    completion_rank,
    completion_rank - peers_count as rank_over_count,
    cast(implied_rank as varchar) as implied_rank,
    completion_rank - implied_rank as rank_gap_count,
    tie_spread_count,
    -- ranked with a metric, or unranked with a reason
    case
        when completion_rank is null then unranked_reason is not null
        else metric_value is not null and unranked_reason is null
    end as is_justified,
    best_rank || '–' || worst_rank as place_range,
    -- how far the rank lies outside of its range; a rank without a range lies outside as well
    case
        when completion_rank is null then coalesce(best_rank, worst_rank)
        when best_rank is null or worst_rank is null then peers_count
        else greatest(best_rank - completion_rank, completion_rank - worst_rank)
    end as range_gap_count,
    -- a change is that from last month's rank, and has a cause; no change has none
    coalesce(
        rank_change = previous_rank - completion_rank, coalesce(rank_change, previous_rank - completion_rank) is null
    )
    and (coalesce(rank_change, 0) != 0) = (change_cause is not null) as is_change_justified,
    cast(published_rank as varchar) as published_rank,
    -- invented peers are never compared with published ranks
    case
        when completion_rank is not null and not has_sample_peer then completion_rank - published_rank
    end as published_gap_count,
from every_row
order by check_key
