-- grain: one row per Chinese name of a unit, an owner or a form that has an English one
select
    name,
    name_en,
from reference.english
order by name
