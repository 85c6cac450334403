-- grain: one row per note or reason for a correction
-- domain.md, Submissions: a person's number in a note is critical. What was found is never repeated, only its kind.
with written_text as (
    select
        concat_ws(':', submission_id, sheet_name, row_number) as check_key,
        submission_id,
        org_unit_code,
        form_code,
        indicator_code,
        report_month,
        sheet_name,
        note_cell as cell,
        note as text,
    from core.reading
    where note is not null
    union all
    select
        submission_id || ':correction_reason' as check_key,
        submission_id,
        sender_code as org_unit_code,
        form_code,
        cast(null as varchar) as indicator_code,
        report_month,
        cast(null as varchar) as sheet_name,
        cast(null as varchar) as cell,
        correction_reason as text,
    from core.received
    where correction_reason is not null
),

digit_text as (
    select
        *,
        plain_digits(text) as plain_text,
    from written_text
),

personal_number as (
    select
        *,
        has_card_number(plain_text) as has_identity_card,
        -- a mobile number, as written in one, or in groups of 3-4-4
        regexp_matches(plain_text, '(^|\D)(\+?86[\s-]?)?1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}($|\D)')
        -- a fixed line with its area code
        or regexp_matches(plain_text, '(^|\D)0\d{2,3}[\s-]\d{7,8}($|\D)') as has_telephone,
    from digit_text
)

select
    check_key,
    submission_id,
    org_unit_code,
    form_code,
    indicator_code,
    report_month,
    sheet_name,
    cell,
    case
        when has_identity_card then '身份证号'
        when has_telephone then '电话号码'
    end as found,
    '不含身份证号、电话号码' as expected,
    false as is_explained,
    cast(has_identity_card as integer) + cast(has_telephone as integer) as personal_number_count,
from personal_number
order by check_key
