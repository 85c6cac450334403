-- grain: one row per org unit
select
    org_unit.code as org_unit_code,
    org_unit.name,
    org_unit.short_name,
    org_unit.level,
    org_unit.parent_code,
    org_unit.valid_from,
    org_unit.valid_to,
    org_unit.successor_code,
    org_unit.households,
    coalesce(org_unit.is_peer, true) as is_peer,
    coalesce(org_unit.code = setting.office_code, false) as is_office,
from reference.org_unit as org_unit
cross join core.setting as setting
order by org_unit_code
