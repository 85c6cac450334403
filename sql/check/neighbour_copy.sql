-- grain: one row per submission with at least five month amounts that are not 0
-- Whoever sent the amounts later, in whichever version, has the copy; of two that came at one moment nobody knows
-- which, and both are told.
-- Fingerprints are compared, so that a thousand senders need no million pairs.
-- What was copied from may be rejected for another cell: the newest version that was not taken back is the original.
with newest_version as (
    select submission_id
    from core.received
    where version is not null and withdrawn_at is null
    qualify row_number() over (partition by form_code, sender_code, report_month order by version desc) = 1
),

fingerprint as (
    select
        submission_id,
        sender_code,
        form_code,
        report_month,
        min(received_at) over (
            partition by sender_code, form_code, report_month, sum(hash(indicator_code, month_value))
        ) as first_received_at,
        submission_id in (select newest_version.submission_id from newest_version) as is_newest,
        any_value(sheet_name) as sheet_name,
        arg_min(month_cell, row_number) as first_cell,
        arg_min(has_explanation, row_number) as has_explanation,  -- a note on another cell is about that one
        count(*) as compared_count,
        sum(hash(indicator_code, month_value)) as amounts,  -- in whatever order
    from "check".sound_reading
    where kind = 'flow' and month_value != 0
    group by submission_id, sender_code, form_code, report_month, received_at
    having count(*) >= 5
),

copied as (
    select
        copy.submission_id,
        min(original.sender_code) as original_code,
        min_by(original.submission_id, original.sender_code) as original_id,
    from fingerprint as copy
    inner join fingerprint as original
        on
            original.is_newest
            and copy.form_code = original.form_code
            and copy.report_month = original.report_month
            and copy.amounts = original.amounts
            and copy.sender_code != original.sender_code
            and copy.first_received_at >= original.first_received_at
    group by copy.submission_id
)

select
    fingerprint.submission_id as check_key,
    fingerprint.submission_id,
    fingerprint.sender_code as org_unit_code,
    fingerprint.form_code,
    cast(null as varchar) as indicator_code,
    fingerprint.report_month,
    fingerprint.sheet_name,
    fingerprint.first_cell as cell,
    fingerprint.compared_count || ' = ' || org_unit.name as found,
    '≠ ' || org_unit.name as expected,
    fingerprint.has_explanation as is_explained,
    fingerprint.compared_count,
    org_unit.name as original_name,
    copied.original_id,
    copied.original_code is null as is_own_work,
from fingerprint
left join copied using (submission_id)
left join reference.org_unit as org_unit on copied.original_code = org_unit.code
order by check_key
