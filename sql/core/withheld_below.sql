-- grain: one row per org unit and indicator above a unit that withholds it, or a part of it
-- There high less low tells the mean of the units below that miss a month; of a ratio either does, beside the actual.
select distinct
    org_descendant.ancestor_code as org_unit_code,
    indicator.indicator_code,
from core.disclosure as disclosure
inner join core.indicator as indicator
    on
        list_contains(
            [indicator.indicator_code, indicator.numerator_code, indicator.denominator_code],
            disclosure.indicator_code
        )
inner join core.org_descendant as org_descendant
    on disclosure.org_unit_code = org_descendant.descendant_code and org_descendant.depth > 0
where disclosure.is_series_suppressed
order by org_unit_code, indicator_code
