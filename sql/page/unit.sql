-- grain: one row per org unit that pages name
-- The office, the units right below it, its siblings and the unit above it; those that ended only in the plan year.
select
    unit.org_unit_code,
    unit.name,
    coalesce(unit.short_name, unit.name) as short_name,
    unit.level,
    case
        when unit.org_unit_code = $office_code then 'office'
        when unit.parent_code = $office_code then 'member'
        when unit.parent_code = office.parent_code then 'sibling'
        else 'above'
    end as place,
    unit.valid_to,
    coalesce(unit.valid_to < $month, false) as is_ended,
    unit.households,
    unit.is_peer,
from mart.org_unit as unit
left join mart.org_unit as office on office.org_unit_code = $office_code
where
    unit.org_unit_code in ($office_code, office.parent_code)
    or (
        (unit.parent_code = $office_code or unit.parent_code = office.parent_code)
        and (unit.valid_to is null or year(unit.valid_to) >= year($month))
        and (unit.valid_from is null or unit.valid_from <= $month)
    )
order by list_position(['above', 'office', 'member', 'sibling'], place), unit.org_unit_code
