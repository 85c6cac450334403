-- grain: one row per Chinese name of a unit, an owner or a form that has an English one
-- Pages in English put it in place of the Chinese one, wherever that stands alone.
select
    name,
    name_en,
from mart.english
union all
select
    unnest(['填报员', '统筹办', '维护员']) as name,  -- who mends a finding: mart.rule
    unnest(['clerk', 'office', 'maintainer']) as name_en,
order by name
