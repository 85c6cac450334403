-- grain: one row per org unit and unit at or below it (itself at depth 0)
with recursive line as (
    select
        code as ancestor_code,
        code as descendant_code,
        0 as depth,
    from reference.org_unit
    union all
    select
        line.ancestor_code,
        child.code as descendant_code,
        line.depth + 1 as depth,
    from line
    inner join reference.org_unit as child on line.descendant_code = child.parent_code
)

select
    ancestor_code,
    descendant_code,
    depth,
from line
order by ancestor_code, depth, descendant_code
