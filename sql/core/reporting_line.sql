-- grain: one row per indicator, org unit that its values add up to, and reporting unit (itself included)
-- A unit adds up a form only when everything below it belongs to the form: a district of which one sub-district's
-- communities report is not the sum of those communities.
-- from_month, to_month: in which months the line counts, where not in all. What an ended unit had stays in its year: in
-- the sums above it, and in its heir's own row from the month after its end (domain.md, Organisation changes).
-- prior_to_month: where a unit elsewhere inherits what an ended one had, the last month in which it was in this parent.
with participant as (
    select
        expected_cell.form_code,
        expected_cell.org_unit_code,
    from core.expected_cell
    inner join core.indicator as indicator
        on
            expected_cell.indicator_code = indicator.indicator_code
            and expected_cell.form_code = indicator.source_form
    group by expected_cell.form_code, expected_cell.org_unit_code
),

related as (
    select
        participant.form_code,
        org_descendant.descendant_code as org_unit_code,
    from participant
    inner join core.org_descendant on participant.org_unit_code = org_descendant.ancestor_code
    union
    select
        participant.form_code,
        org_descendant.ancestor_code as org_unit_code,
    from participant
    inner join core.org_descendant on participant.org_unit_code = org_descendant.descendant_code
),

-- a unit that ended before the form began, or comes later, is missing from nothing
valid_unit as (
    select
        form_month.form_code,
        org_unit.code as org_unit_code,
    from core.form_month
    cross join reference.org_unit as org_unit
    where
        form_month.report_month
        between coalesce(org_unit.valid_from, form_month.report_month)
        and coalesce(org_unit.valid_to, form_month.report_month)
    group by form_month.form_code, org_unit.code
),

incomplete as (
    select
        valid_unit.form_code,
        org_descendant.ancestor_code as org_unit_code,
    from valid_unit
    inner join core.org_descendant on valid_unit.org_unit_code = org_descendant.descendant_code
    left join related
        on valid_unit.form_code = related.form_code and valid_unit.org_unit_code = related.org_unit_code
    where related.org_unit_code is null
    group by valid_unit.form_code, org_descendant.ancestor_code
),

line as (
    select distinct
        expected_cell.indicator_code,
        org_descendant.ancestor_code as org_unit_code,
        expected_cell.org_unit_code as reporting_unit_code,
    from core.expected_cell
    inner join core.indicator as indicator
        on
            expected_cell.indicator_code = indicator.indicator_code
            and expected_cell.form_code = indicator.source_form
    inner join core.org_descendant on expected_cell.org_unit_code = org_descendant.descendant_code
    left join incomplete
        on
            expected_cell.form_code = incomplete.form_code
            and org_descendant.ancestor_code = incomplete.org_unit_code
    where
        org_descendant.depth = 0
        -- a rate published without its components, or a score, is never added up
        or (
            incomplete.org_unit_code is null
            and indicator.kind in ('flow', 'stock', 'milestone')
            and indicator.tree_rule != 'none'
        )
),

left_parent as (
    select
        line.indicator_code,
        line.org_unit_code,
        line.reporting_unit_code,
        cast(min(succession.from_month) - interval 1 month as date) as prior_to_month,
    from line
    inner join core.succession as succession on line.reporting_unit_code = succession.org_unit_code
    anti join line as heir_line
        on
            line.indicator_code = heir_line.indicator_code
            and line.org_unit_code = heir_line.org_unit_code
            and succession.heir_code = heir_line.reporting_unit_code
    group by line.indicator_code, line.org_unit_code, line.reporting_unit_code
)

select
    line.indicator_code,
    line.org_unit_code,
    line.reporting_unit_code,
    cast(null as date) as from_month,
    -- its own row ends with the unit
    case when line.org_unit_code = line.reporting_unit_code then org_unit.valid_to end as to_month,
    left_parent.prior_to_month,
from line
left join reference.org_unit as org_unit on line.reporting_unit_code = org_unit.code
left join left_parent using (indicator_code, org_unit_code, reporting_unit_code)
union all by name
select
    line.indicator_code,
    succession.heir_code as org_unit_code,
    succession.org_unit_code as reporting_unit_code,
    succession.from_month,
    succession.to_month,
from line
inner join core.succession as succession on line.org_unit_code = succession.org_unit_code
semi join line as heir_line
    on succession.heir_code = heir_line.org_unit_code and line.indicator_code = heir_line.indicator_code
where line.org_unit_code = line.reporting_unit_code
order by indicator_code, org_unit_code, reporting_unit_code, from_month
