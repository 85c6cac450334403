-- grain: one row per night: its last attempt
-- A copy is published before its night has ended: that night is "published" here, "completed" from the next copy on.
select
    run_id,
    as_of_at,
    started_at,
    finished_at,
    case when state = 'running' and published_at is not null then 'published' else state end as state,
    failed_step,
    files_received_count,
    published_at,
    attempt as attempts_count,
from raw.run
where as_of_at <= $as_of
qualify row_number() over (partition by run_id order by attempt desc) = 1
order by run_id
