-- grain: one row per form
select
    code as form_code,
    name_zh,
    level,
    template_version,
    coalesce(due_day, 5) as due_day,  -- domain.md, Submissions: the 5th and 15th of the next month
    coalesce(lock_day, 15) as lock_day,
from reference.form
order by form_code
