-- grain: one row per ended org unit and unit that stands for it afterwards, with the months in which it does
-- A chain is followed: after east -> hill -> west, hill stands for east until its own end, then west for both.
with recursive heir as (
    select
        ended.code as org_unit_code,
        ended.valid_to as last_month,
        ended.valid_to as known_to,
        ended.successor_code as heir_code,
        [ended.code] as path,
    from reference.org_unit as ended
    where ended.valid_to is not null
    union all
    select
        heir.org_unit_code,
        heir.last_month,
        greatest(heir.known_to, ended.valid_to) as known_to,
        ended.successor_code as heir_code,
        list_append(heir.path, heir.heir_code) as path,
    from heir
    inner join reference.org_unit as ended on heir.heir_code = ended.code
    where
        ended.valid_to is not null
        and not list_contains(heir.path, heir.heir_code)  -- two units that name each other inherit nothing
)

select
    heir.org_unit_code,
    heir.last_month,
    heir.heir_code,
    cast(heir.known_to + interval 1 month as date) as from_month,
    holder.valid_to as to_month,
from heir
inner join reference.org_unit as holder on heir.heir_code = holder.code
-- one that ended before, or at the same time, is passed over
where coalesce(holder.valid_to > heir.known_to, true)
order by heir.org_unit_code, from_month
