-- grain: one row per peer, indicator and report month: its metric as known at the end of the next month's due day
-- Only of indicators of which something was known otherwise then (jindu/warehouse/earlier.py).
create table if not exists raw.earlier_metric (
    parent_code text not null,
    org_unit_code text not null,
    indicator_code text not null,
    theme_code text,
    report_month date not null,        -- the month that was ranked, not the one whose due day it is
    due_on date not null,              -- by the end of which day it was known so
    ranking_metric text not null,
    weight decimal(24, 6),
    is_suppressed boolean not null,    -- withheld by what was known then
    metric_value decimal(24, 6),
    merit_value decimal(24, 6),
    unranked_reason text,
    has_score boolean,
    score_value decimal(24, 6),
)
