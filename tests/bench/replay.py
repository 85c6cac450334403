"""The sample's year, replayed night by night: how many messages, how many cases, how soon whoever owns one is told.

Every morning at 08:00 each recipient is told, in one message, what the night opened, opened again, escalated or
resolved. Recipients: each department that owns indicators, each community (its own reports), the operator (all
reports), a leader (what is urgent at once, everything else when nobody has acknowledged it; nobody ever does here).

    python -m tests.bench.replay            about nine minutes of processor time; exit code 1 where a goal is missed
    python -m tests.bench.replay --every    every night whole (an hour): the same answer
    python -m tests.bench.replay --home DIR     keep the home there, to look at

Nights between which no file came and no due or lock day passed work out the alerts alone, as nothing else can differ.
"""

import argparse
import statistics
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from shutil import copytree

import duckdb
import polars

from jindu.catalogue import SHIPPED_FOLDER, load, store
from jindu.sample import generate
from jindu.settings import OFFICE_TIMEZONE, Home, Night, StepReport, run_id_of
from jindu.warehouse.alert_event import record_events
from jindu.warehouse.connection import connect, prepare
from jindu.warehouse.earlier import work_out_earlier
from jindu.warehouse.journal import NOTIFICATION, add
from jindu.warehouse.models import build, build_one, earlier_chain, models, needed, stage_of
from tests.nightly.in_process import STEPS
from tests.watch import plain_night

FIRST, LAST = date(2024, 1, 1), date(2024, 10, 16)
NIGHT_AT, MORNING_AT = time(2, 0), time(8, 0)
ALERTS = ("mart.alert_spell", "mart.alert_event", "mart.alert_case", "mart.alert_route")
ALONE = ("core.alert_decision", "core.working_day", *ALERTS)
OPERATOR, LEADER = "统筹办", "主要领导"
REPORT_KINDS = ("overdue", "rejected", "held", "restated")
MOST_MESSAGES_A_WEEK = 2  # issue: the median recipient
# What a recipient has not been told: openings to the first level, escalations to whoever is told of the case at all,
# and the end of what they were told of.
UNTOLD = """
with told as (
    select case_id, event, recipient_name, max(notified_at) as told_at
    from raw.notification
    group by all
)

select route.recipient_name, event.case_id, event.event, event.happened_at
from mart.alert_event as event
inner join mart.alert_route as route using (case_id)
inner join mart.alert_case as alert using (case_id)
left join told
    on
        event.case_id = told.case_id
        and event.event = told.event
        and route.recipient_name = told.recipient_name
        and event.happened_at <= told.told_at
left join told as opened
    on
        event.case_id = opened.case_id
        and opened.event in ('opened', 'reopened')
        and route.recipient_name = opened.recipient_name
where
    told.case_id is null
    and (
        (
            event.event in ('opened', 'reopened')
            and route.level = 0
            and alert.state <> 'resolved'
            and event.happened_at = alert.opened_at
        )
        or (event.event = 'escalated' and route.level = 1 and alert.state <> 'resolved')
        or (event.event = 'resolved' and alert.state = 'resolved' and opened.case_id is not null)
    )
group by all
order by all
"""
# What can be known of a unit's own targets, worked out anew from the last night's figures: month by month, with when
# the report first came. A report that was sent anew says other things now than then, and is left out.
MONTHS = """
select
    completion.org_unit_code,
    completion.indicator_code,
    completion.report_month,
    completion.status,
    completion.due_on,
    reporting.first_usable_at,
    indicator.owner,
    (select count(*) from mart.submission as version
     where version.org_unit_code = completion.org_unit_code and version.form_code = indicator.form_code
         and version.report_month = completion.report_month and version.version is not null) as versions_count,
from mart.completion as completion
inner join mart.indicator as indicator using (indicator_code)
inner join mart.reporting as reporting
    on
        completion.org_unit_code = reporting.org_unit_code
        and completion.report_month = reporting.report_month
        and indicator.form_code = reporting.form_code
where
    completion.report_month between $first and $last
    and completion.annual_target_value is not null
    and reporting.first_usable_at is not null
    and completion.org_unit_code like $office || '%'
order by all
"""


@dataclass
class Told:
    """What was told: by recipient the mornings, by case and event the recipients with the first morning."""

    mornings: dict[str, list[date]] = field(default_factory=lambda: defaultdict(list))
    items: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))  # of each message
    first: dict[tuple[str, str, str], datetime] = field(default_factory=dict)
    repeated: int = 0  # the same event of the same case told twice to the same recipient


@dataclass(frozen=True)
class Miss:
    """Something that somebody has to be told of, and the first morning on which it can be."""

    kind: str
    case_key: tuple[object, ...]  # as mart.alert_case has it: kind, unit, indicator or form and month
    recipient: str
    morning: datetime


def main() -> int:
    """Replay, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", action="store_true", help="every night whole")
    parser.add_argument("--last", type=date.fromisoformat, default=LAST, help="the last night")
    parser.add_argument("--home", type=Path, help="where to keep the home (default: nowhere)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jindu-replay-") as folder:
        home = Home(arguments.home or Path(folder) / "home")
        reference = Path(folder) / "reference"
        copytree(SHIPPED_FOLDER, reference)
        write_recipients(reference)
        defects = generate(home, load(reference))
        told = Told()
        for night in range((arguments.last - FIRST).days + 1):
            day = FIRST + timedelta(days=night)
            moment = datetime.combine(day, NIGHT_AT, OFFICE_TIMEZONE)
            if night == 0 or arguments.every or is_eventful(home, reference, moment):
                plain_night.run_night(home, reference, moment.isoformat(), steps=tuple(STEPS))
            else:
                quiet_night(home, reference, moment)
            tell(home, moment, told)
        with connect(home) as connection:
            return report(connection, told, arguments.last, [*missed(connection, arguments.last)], len(defects))


def write_recipients(reference: Path) -> None:
    """Departments, communities, the operator and a leader, with their routes."""
    catalogue = load(reference).tables
    owners = sorted(catalogue["indicator"]["owner"].drop_nulls().unique())
    communities = catalogue["org_unit"].filter(polars.col("level") == "community")["code"].to_list()
    names = [*owners, *communities, OPERATOR, LEADER]
    routes = [f"{owner},,{owner},,,,," for owner in owners]
    routes += [f"{unit},{unit},,,,{kind},," for unit in communities for kind in REPORT_KINDS]
    routes += [f"{OPERATOR},,,,,{kind},," for kind in (*REPORT_KINDS, "run_failed", "stale")]
    routes += [f"{LEADER},,,,,,high,0", f"{LEADER},,,,,,,1"]
    (reference / "recipient.csv").write_text("name,channel\n" + "".join(f"{one},\n" for one in dict.fromkeys(names)))
    header = "recipient_name,org_unit_code,department,theme_code,indicator_code,kind,severity,from_level"
    (reference / "route.csv").write_text("\n".join([header, *routes, ""]))


def is_eventful(home: Home, reference: Path, moment: datetime) -> bool:
    """Whether something came since the night before, or a due or lock day or a month ended."""
    before = moment - timedelta(days=1)
    came = any(before.timestamp() < path.stat().st_mtime <= moment.timestamp() for path in home.inbox.rglob("*.*"))
    return came or moment.day == 1 or before.date() in deadlines(reference)


def deadlines(reference: Path, known: dict[Path, frozenset[date]] = {}) -> frozenset[date]:  # noqa: B006 -- a cache
    """The due and lock days of the year."""
    if reference not in known:
        with duckdb.connect() as scratch:
            prepare(scratch)
            store(scratch, load(reference))
            build_one(scratch, datetime.combine(LAST, NIGHT_AT, OFFICE_TIMEZONE), models()["core.form_month"])
            rows = scratch.execute("select due_on, lock_on from core.form_month").fetchall()
        known[reference] = frozenset(day for row in rows for day in row)
    return known[reference]


def quiet_night(home: Home, reference: Path, moment: datetime) -> None:
    """A night in which nothing but the alerts can differ."""
    night = Night(home, reference, moment, run_id_of(moment), 1)
    with connect(home) as connection:
        connection.execute(
            "insert into raw.run (run_id, attempt, as_of_at, started_at, finished_at, state)"
            " values (?, 1, ?, ?, ?, 'completed')",
            [night.run_id, moment, moment, moment],
        )
        build(connection, moment, ALONE)
        record_events(connection, night)


def alerts_alone(night: Night, _: object) -> StepReport:
    """Of the mart what the alerts rest on, in the place of the steps mart and record."""
    wanted = {model.name for model in needed(ALERTS)}
    with connect(night.home) as connection:
        work_out_earlier(connection, earlier_chain())
        build(connection, night.as_of, [name for name in wanted if stage_of(name) in ("mart", "record")])
        record_events(connection, night)
    return StepReport("", "")


def tell(home: Home, moment: datetime, told: Told) -> None:
    """The morning after the night: each recipient's one message, confirmed at once."""
    with connect(home) as connection:
        rows = connection.execute(UNTOLD).fetchall()
        for recipient, items_count in Counter(row[0] for row in rows).items():
            told.mornings[recipient].append(moment.date())
            told.items[recipient].append(items_count)
        for recipient, case_id, event, happened_at in rows:
            key = (recipient, case_id, f"{event} {happened_at}")
            told.repeated += key in told.first
            told.first.setdefault(key, datetime.combine(moment.date(), MORNING_AT, OFFICE_TIMEZONE))
        notified = [
            {
                "case_id": case_id, "event": event, "recipient_name": recipient,
                "digest_id": f"{moment:%Y%m%d}", "notified_at": moment, "sent_at": moment,
            }
            for recipient, case_id, event, _ in rows
        ]  # fmt: skip
        add(connection, home, NOTIFICATION, notified)


def missed(connection: duckdb.DuckDBPyConnection, last: date) -> Iterator[Miss]:
    """What had to be told: units' own targets, and reports that are late, refused or never came."""
    months: dict[tuple[str, str], list[tuple[date, str, date, datetime, str, int]]] = defaultdict(list)
    values = {"first": FIRST, "last": last, "office": "350502004"}
    for unit, indicator, *rest in connection.execute(MONTHS, values).fetchall():
        months[unit, indicator].append(tuple(rest))  # type: ignore[arg-type]
    for (unit, indicator), rows in months.items():
        yield from _of_target(unit, indicator, rows, last)
    for unit, form, month, due_on, lateness in connection.execute(
        "select org_unit_code, form_code, report_month, due_on, timeliness from mart.reporting"
        " where timeliness in ('late', 'missing') and report_month >= ? and due_on < ?",
        [FIRST, last],
    ).fetchall():
        del lateness
        for recipient in {OPERATOR, unit} if len(unit) == len("350502004001") else {OPERATOR}:
            yield Miss("overdue", ("overdue", unit, form, month), recipient, _morning(None, due_on))


def _of_target(
    unit: str, indicator: str, rows: list[tuple[date, str, date, datetime, str, int]], last: date
) -> Iterator[Miss]:
    """The first missed month, and the first two months behind in a row."""
    told = [row for row in rows if row[1] not in ("unreported", "not_due", "not_computable", "not_applicable")]
    for before, row in zip([None, *told], told, strict=False):
        month, status, due_on, came_at, owner, versions = row
        if status == "missed":
            if versions == 1:
                yield Miss("missed", ("missed", unit, indicator, month.year), owner, _morning(came_at, due_on))
            return
        bad = ("behind", "far_behind")
        if before is not None and status in bad and before[1] in bad:
            if versions == 1 and before[5] == 1 and due_on < last:
                known = max(came_at, before[3])
                yield Miss("behind", ("behind", unit, indicator, month.year), owner, _morning(known, due_on))
            return


def _morning(came_at: datetime | None, due_on: date) -> datetime:
    """The first morning after a night that knows: the due day is over, and the report had come."""
    night = datetime.combine(due_on + timedelta(days=1), NIGHT_AT, OFFICE_TIMEZONE)
    while came_at is not None and night < came_at:
        night += timedelta(days=1)
    return datetime.combine(night.date(), MORNING_AT, OFFICE_TIMEZONE)


def report(
    connection: duckdb.DuckDBPyConnection, told: Told, last: date, misses: list[Miss], defects_count: int
) -> int:
    """Print the tables; 1 where a goal is missed."""
    weeks = ((last - FIRST).days + 1) / 7
    names = [name for (name,) in connection.execute("select name from reference.recipient order by name").fetchall()]
    a_week = {name: len(told.mornings[name]) / weeks for name in names}
    worst = Counter(
        {
            name: max(Counter(day.isocalendar()[:2] for day in days).values())
            for name, days in told.mornings.items()
            if days
        }
    )
    print(f"{FIRST} to {last}: {round(weeks * 7)} nights, {defects_count} planted defects, {len(names)} recipients\n")
    print("| recipient | messages | a week | most in one week | items a message (median) | most items |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in sorted(names, key=lambda one: -a_week[one]):
        print(
            f"| {name} | {len(told.mornings[name])} | {a_week[name]:.2f} | {worst[name]}"
            f" | {statistics.median(told.items[name] or [0]):g} | {max(told.items[name], default=0)} |"
        )
    median, busiest = statistics.median(a_week.values()), statistics.median(worst[name] for name in names)
    print(f"\nmedian recipient: {median:.2f} messages a week, {busiest:g} in the busiest week\n")
    print("| kind | cases | openings | resolved | open | never told | reopened within two months |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    flaps = 0
    for kind, *counts in connection.execute(CASES).fetchall():
        flaps += counts[-1]
        print(f"| {kind} | {' | '.join(map(str, counts))} |")
    late = delays(connection, told, misses)
    print("\n| planted | to be told | told the first morning | later | never |\n| --- | --- | --- | --- | --- |")
    for kind in sorted({miss.kind for miss in misses}):
        of_kind = [days for miss, days in late if miss.kind == kind]
        print(
            f"| {kind} | {len(of_kind)} | {sum(days == 0 for days in of_kind)}"
            f" | {sum(days is not None and days > 0 for days in of_kind)} | {of_kind.count(None)} |"
        )
    for miss, days in late:
        if days != 0:
            print(f"  {miss.case_key}: knowable {miss.morning:%Y-%m-%d}, {'never told' if days is None else days}")
    print(f"\ntold twice: {told.repeated}; flaps: {flaps}")
    is_met = median <= MOST_MESSAGES_A_WEEK and not flaps and not told.repeated and all(days == 0 for _, days in late)
    print("every goal is met" if is_met else "a goal is missed")
    return 0 if is_met else 1


# A flap: the same key reopened within two months of its resolution, 61 days. A rank that fell further while its case
# was open was not closed.
CASES = """
with opening as (
    select
        case_id,
        kind,
        event,
        happened_at,
        case
            when lag(event) over by_time = 'resolved' then lag(happened_at) over by_time
        end as ended_at,
    from mart.alert_event
    where event in ('opened', 'reopened', 'resolved')
    window by_time as (partition by case_id order by happened_at, event != 'resolved')
),

opened as (
    select
        kind,
        count(*) as openings_count,
        count(*) filter (where event = 'reopened' and happened_at < ended_at + interval 61 day) as flaps_count,
    from opening
    where event in ('opened', 'reopened')
    group by kind
)

select
    alert.kind,
    count(*),
    any_value(opened.openings_count),
    count(*) filter (where alert.state = 'resolved'),
    count(*) filter (where alert.state <> 'resolved'),
    count(*) filter (where told.case_id is null),
    any_value(opened.flaps_count)
from mart.alert_case as alert
inner join opened using (kind)
left join (select distinct case_id from raw.notification) as told using (case_id)
group by alert.kind
order by alert.kind
"""


def delays(connection: duckdb.DuckDBPyConnection, told: Told, misses: list[Miss]) -> list[tuple[Miss, int | None]]:
    """Days between the first morning on which each could be told and the one on which it was; None: never."""
    ids = {}
    for case_id, kind, unit, indicator, form, year, month in connection.execute(
        "select case_id, kind, org_unit_code, indicator_code, form_code, plan_year, report_month from mart.alert_case"
    ).fetchall():
        ids[(kind, unit, indicator, year) if indicator else (kind, unit, form, month)] = case_id
    first: dict[tuple[str, str], datetime] = {}
    for (recipient, case_id, event), morning in told.first.items():
        if not event.startswith("resolved"):
            key = (recipient, case_id)
            first[key] = min(morning, first.get(key, morning))
    found = []
    for miss in misses:
        morning = first.get((miss.recipient, ids.get(miss.case_key, "")))
        found.append((miss, None if morning is None else (morning - miss.morning).days))
    return found


if __name__ == "__main__":
    # of a night the steps that alerts rest on; of the mart the tables alone that they read
    for name in ("gate-core", "mart", "gate-mart", "record", "publish", "returns", "bulletin", "pages"):
        del STEPS[name]
    STEPS["alerts"] = alerts_alone
    sys.exit(main())
