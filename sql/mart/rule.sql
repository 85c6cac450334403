-- grain: one row per gate and rule
-- What is judged, how bad a failure is, and who mends it: expectations/*.yml as it stood in this night.
select
    gate,
    rule_code,
    severity,
    owner,
    message_zh,
    message_en,
    reason,
from raw.rule
order by gate, rule_code
