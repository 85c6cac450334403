-- grain: one row, the office's settings
-- domain.md, Rankings: scores are capped at 1.2, coverage must reach 80 %.
select
    any_value(value) filter (where key = 'office_code') as office_code,
    coalesce(cast(any_value(value) filter (where key = 'score_cap') as decimal(9, 6)), 1.2) as score_cap,
    coalesce(cast(any_value(value) filter (where key = 'minimum_coverage') as decimal(9, 6)), 0.8) as minimum_coverage,
    -- the day after the default lock day: by then held reports are decided
    coalesce(cast(any_value(value) filter (where key = 'bulletin_day') as integer), 16) as bulletin_day,
from reference.setting
