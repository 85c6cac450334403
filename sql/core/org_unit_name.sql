-- grain: one row per name that an org unit goes by, and level
-- A name that two units of a level share names neither.
with spoken as (
    select
        code,
        level,
        unnest([code, name, short_name] || string_split(coalesce(aliases, ''), '|')) as spoken_name,
    from reference.org_unit
)

select
    level,
    plain_name(spoken_name) as spoken_name,
    min(code) as org_unit_code,
from spoken
where plain_name(spoken_name) != ''
group by level, plain_name(spoken_name)
having count(distinct code) = 1
order by level, spoken_name
