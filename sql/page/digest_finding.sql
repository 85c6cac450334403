-- grain: one row per open rejected or held case and finding of the file that it tells of: the newest one refused
with case_file as (
    select
        case_id,
        any_value(about_id) as submission_id,  -- of a file that nobody could read: it has neither form nor month
    from mart.alert_event
    group by case_id
),

refused_file as (
    select
        alert.case_id,
        submission.submission_id,
        submission.org_unit_code,
        submission.file_name,
    from mart.alert_case as alert
    inner join case_file using (case_id)
    inner join mart.submission as submission
        on
            alert.kind = submission.state
            and case
                when case_file.submission_id is not null then case_file.submission_id = submission.submission_id
                else
                    alert.org_unit_code = submission.org_unit_code
                    and alert.form_code = submission.form_code
                    and alert.report_month = submission.report_month
            end
    where alert.kind in ('rejected', 'held') and alert.state != 'resolved'
    qualify
        row_number() over (
            partition by alert.case_id order by submission.received_at desc, submission.submission_id
        ) = 1
)

select
    refused_file.case_id,
    refused_file.submission_id,
    refused_file.org_unit_code,
    refused_file.file_name,
    finding.severity,
    finding.sheet_name,
    finding.cell,
    finding.message_zh,
    finding.message_en,
from refused_file
left join mart.finding as finding
    on
        refused_file.submission_id = finding.submission_id
        and finding.state in ('open', 'upheld')
        and finding.severity in ('critical', 'warning')
order by
    refused_file.case_id,
    finding.severity,
    finding.sheet_name,
    finding.cell,
    finding.rule_code
