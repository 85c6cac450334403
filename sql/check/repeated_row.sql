-- grain: one row per submission, subject and indicator that more than one row of its table is about
-- They contradict each other, or one is a slip.
select
    reading.submission_id,
    reading.org_unit_code,
    reading.indicator_code,
    count(*) as copies_count,
from core.reading as reading
inner join "check".submission as submission using (submission_id)
where submission.has_known_rows and reading.indicator_code is not null and reading.org_unit_code is not null
group by all
having count(*) > 1
order by submission_id, org_unit_code, indicator_code
