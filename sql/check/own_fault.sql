-- grain: one row per submission and critical rule that it fails by itself, whatever was sent before or by others
-- domain.md, Validation: other months and units are compared with what passes these rules; whether it stands in the
-- end may hang on those months. expectations/incoming.yml says which rules are critical: where the two disagree no
-- night begins (jindu expectations tells the line).
with failed_rule as (
    select
        submission_id,
        unnest([
            case when not is_readable then 'unreadable_file' end,
            case when not is_form_known then 'unknown_form' end,
            case when not is_sender_named then 'unnamed_sender' end,
            case when not is_sender_known then 'unknown_sender' end,
            case when not is_own_folder then 'wrong_folder' end,
            case when not is_sender_agreed then 'sender_conflict' end,
            case when not is_month_known then 'month_unreadable' end,
            case when not is_month_over then 'month_not_over' end,
            case when not is_month_agreed then 'month_conflict' end,
            case when not is_form_asked then 'form_not_asked' end,
            -- whether it is a correction at all its own report tells, no other month
            case when not is_correction_reasoned then 'late_without_reason' end
        ]) as rule_code,
    from "check".submission
    union all
    select
        submission_id,
        unnest([
            case when not is_indicator_known then 'unknown_indicator' end,
            case when not is_name_agreed then 'name_conflict' end,
            case when not is_org_unit_known then 'unknown_org_unit' end,
            case when not is_own_org_unit then 'foreign_org_unit' end,
            case when copies_count > 1 then 'duplicate_row' end,
            case when not is_unit_convertible then 'wrong_unit' end
        ]) as rule_code,
    from "check".reading_row
    union all
    select
        submission_id,
        unnest([
            case when not is_readable then 'unreadable_cell' end,
            case when not is_possible_size then 'impossible_size' end,
            case when fraction_value != 0 then 'not_integer' end,
            case when negative_value < 0 then 'negative' end,
            case when share_excess_value > 0 then 'ratio_range' end
        ]) as rule_code,
    from "check".value_cell
    union all
    select
        submission_id,
        'personal_number_in_note' as rule_code,
    from "check".note
    where personal_number_count > 0
    union all
    select
        submission_id,
        'blank_form' as rule_code,
    from "check".blank_form
    where not is_filled
    union all
    select
        submission_id,
        'numerator_over_denominator' as rule_code,
    from "check".component_pair
    where excess_value > 0
)

select distinct
    submission_id,
    rule_code,
from failed_rule
where rule_code is not null
order by submission_id, rule_code
