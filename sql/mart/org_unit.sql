-- grain: one row per org unit
select
    code as org_unit_code,
    name,
    short_name,
    level,
    parent_code,
    valid_from,
    valid_to,
    successor_code,
    households,
    coalesce(is_peer, true) as is_peer,
from reference.org_unit
order by org_unit_code
