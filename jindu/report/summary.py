"""What a night came to, read from the published database and nothing else."""

import os
import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from jindu.settings import OFFICE_TIMEZONE, Home, JinduError
from jindu.warehouse.published import published_copy

WORST_COUNT = 10
LATEST_RUN = "select as_of_at, run_id, files_received_count from mart.run order by as_of_at desc limit 1"
NIGHTS_BEFORE = "select max(as_of_at) from mart.run where as_of_at < $as_of"
DUE_MONTH = "select max(report_month) from mart.reporting where due_on < cast($as_of as date)"

ARRIVED = """
select state, count(*)
from mart.submission
where received_at <= $as_of and received_at > coalesce($previous, received_at - interval 1 second)
group by state
order by state
"""

# The rule of mart.alert_case: what was refused or is held stays open until a newer version counts; of several refused
# ones the newest speaks. So a held version that counts stands beside a newer refused one, as in mart.reporting.
# A file that nobody could read, or that lay in another unit's folder, has no successor of its own: which file puts it
# right is core.put_right's to say.
OPEN_SUBMISSION = """
with ranked as (
    select
        *,
        row_number() over (
            partition by form_code, org_unit_code, report_month, state
            order by received_at desc, submission_id
        ) as recency,
        form_code is not null and org_unit_code is not null and report_month is not null as is_known,
    from mart.submission
),

reason as (
    select
        submission_id,
        min_by(message_zh, (severity <> 'critical', sheet_name, cell, rule_code)) as message_zh,
        min_by(message_en, (severity <> 'critical', sheet_name, cell, rule_code)) as message_en,
        count(*) as finding_count,
    from mart.finding
    where severity in ('critical', 'warning') and state in ('open', 'upheld')
    group by submission_id
)

select
    ranked.state,
    coalesce(unit.short_name, unit.name, ranked.org_unit_code),
    coalesce(form.name_zh, ranked.form_code),
    ranked.report_month,
    regexp_replace(ranked.file_name, '[[:cntrl:]]+', ' ', 'g'),
    reason.message_zh,
    reason.message_en,
    coalesce(reason.finding_count, 0),
    ranked.submission_id,
from ranked
left join reason using (submission_id)
left join mart.org_unit as unit on ranked.org_unit_code = unit.org_unit_code
left join mart.form as form on ranked.form_code = form.form_code
where
    ranked.state in ('rejected', 'held')
    and case
        when ranked.is_known
            then
                ranked.recency = 1
                and ranked.put_right_id is null
                and not exists (
                    select 1
                    from mart.submission as better
                    where better.form_code = ranked.form_code
                        and better.org_unit_code = ranked.org_unit_code
                        and better.report_month = ranked.report_month
                        and better.received_at > ranked.received_at
                        and better.state in ('accepted', 'held', 'superseded')
                )
        else
            -- nobody's file asks for attention on the night that it came
            (
                ranked.org_unit_code is not null
                or ranked.received_at > coalesce($previous, ranked.received_at - interval 1 second)
            )
            and ranked.put_right_id is null
    end
order by ranked.state desc, ranked.report_month desc nulls last, ranked.org_unit_code, ranked.file_name
"""

# Nobody explained it by the lock day, and nobody has waived or upheld it since (domain.md, Validation)
UNDECIDED = """
select
    coalesce(unit.short_name, unit.name, submission.org_unit_code),
    coalesce(form.name_zh, submission.form_code),
    submission.form_code,
    submission.report_month,
    submission.lock_on,
    date_diff('day', submission.lock_on, cast($as_of as date)),
    submission.open_warning_count,
from mart.submission as submission
left join mart.org_unit as unit on submission.org_unit_code = unit.org_unit_code
left join mart.form as form on submission.form_code = form.form_code
where submission.state = 'held' and submission.lock_on < cast($as_of as date)
order by submission.lock_on, submission.open_warning_count desc, submission.org_unit_code, submission.form_code
"""

MISSING = """
select coalesce(unit.short_name, unit.name), form.name_zh, reporting.report_month, reporting.due_on
from mart.reporting as reporting
inner join mart.org_unit as unit on reporting.org_unit_code = unit.org_unit_code
inner join mart.form as form on reporting.form_code = form.form_code
where
    reporting.report_month = $month
    and reporting.timeliness = 'missing'
    and reporting.state is distinct from 'rejected'
order by reporting.form_code, reporting.org_unit_code
"""

WARNED = """
select gate_result.message_zh, gate_result.message_en
from mart.gate_result as gate_result
where gate_result.run_id = $run_id
    and gate_result.gate <> 'incoming'
    and gate_result.severity = 'warning'
    and not gate_result.passed
    and gate_result.message_zh is not null
order by gate_result.gate, gate_result.expectation_code
"""

KNOWN_FLAWS = """
select expectation_code, failed_count, tolerated_count, tolerated_reason
from mart.gate_result
where run_id = $run_id and passed and tolerated_count is not null
order by gate, expectation_code
"""

MISSING_BEFORE = """
select coalesce(unit.short_name, unit.name), form.name_zh, reporting.report_month, reporting.due_on
from mart.reporting as reporting
inner join mart.org_unit as unit on reporting.org_unit_code = unit.org_unit_code
inner join mart.form as form on reporting.form_code = form.form_code
where
    reporting.report_month < $month
    and reporting.report_month >= $month - interval 12 month
    and reporting.timeliness = 'missing'
    and reporting.state is distinct from 'rejected'
order by reporting.report_month, reporting.form_code, reporting.org_unit_code
"""

COLLECTING = """
select
    form.name_zh,
    reporting.report_month,
    reporting.due_on,
    count(*),
    count(*) filter (where reporting.state in ('accepted', 'held')),
from mart.reporting as reporting
inner join mart.form as form on reporting.form_code = form.form_code
where reporting.due_on >= cast($as_of as date)
group by all
order by reporting.report_month, form.name_zh
"""

# Values telephoned in that count in the month and after it, the newest decision first
CORRECTED = """
select
    coalesce(unit.short_name, unit.name),
    indicator.name_zh,
    coalesce(indicator.name_en, indicator.name_zh),
    cell.report_month,
    cell.measure,
    cell.value,
    cell.finished_on,
    cell.corrected_on,
    cell.decision_id,
    {is_not_applicable},
from mart.reported_cell as cell
inner join mart.org_unit as unit on cell.org_unit_code = unit.org_unit_code
inner join mart.indicator as indicator on cell.indicator_code = indicator.indicator_code
where cell.is_corrected and cell.report_month >= coalesce($month, cell.report_month)
order by cell.corrected_on desc, cell.decision_id, cell.org_unit_code, cell.indicator_code, cell.measure
"""

HAS_COLUMN = (
    "select 1 from duckdb_columns() where schema_name = 'mart' and table_name = $table and column_name = $column"
)

# Of the units right below the office; of the lowest ranked level where setting.csv names no office.
RANKING = """
with place as (
    select
        ranking.*,
        unit.level,
        coalesce(unit.short_name, unit.name) as unit_name,
        coalesce(parent.short_name, parent.name) as parent_name,
        coalesce(parent.is_office, false) as is_below_office,
        list_position(['district', 'subdistrict', 'community'], unit.level) as depth,
    from mart.ranking as ranking
    inner join mart.org_unit as unit on ranking.org_unit_code = unit.org_unit_code
    left join mart.org_unit as parent on ranking.parent_code = parent.org_unit_code
    where ranking.scope = 'overall' and ranking.report_month = $month
)

select
    parent_name,
    unit_name,
    level,
    completion_rank,
    peers_count,
    metric_value,
    previous_rank,
    rank_change,
    change_cause,
    best_rank,
    worst_rank,
    unranked_reason,
from place
where
    case
        when (select bool_or(is_office) from mart.org_unit) then is_below_office
        else depth = (select max(depth) from place)
    end
order by parent_code, completion_rank nulls last, org_unit_code
"""

# What a bulletin said of the office and of the units right below it, beside our own rank of the same figure.
PUBLISHED_RANK = """
with place as (
    select
        *,
        bool_or(is_sample) filter (where completion_rank is not null) over rank_list as has_sample_peer,
    from mart.ranking
    where scope = 'indicator' and report_month = $month
    window rank_list as (partition by parent_code, scope_code)
)

select
    coalesce(unit.short_name, unit.name),
    indicator.name_zh,
    coalesce(indicator.name_en, indicator.name_zh),
    place.published_rank,
    place.completion_rank,
    place.peers_count,
    coalesce(place.has_sample_peer, false),
from place
inner join mart.org_unit as unit on place.org_unit_code = unit.org_unit_code
left join mart.org_unit as parent on place.parent_code = parent.org_unit_code
inner join mart.indicator as indicator on place.scope_code = indicator.indicator_code
where place.published_rank is not null and (unit.is_office or coalesce(parent.is_office, false))
order by not unit.is_office, place.published_rank, place.org_unit_code, place.scope_code
"""

BEHIND = """
select
    coalesce(unit.short_name, unit.name),
    unit.level,
    indicator.name_zh,
    coalesce(indicator.name_en, indicator.name_zh),
    indicator.owner,
    indicator.kind,
    indicator.unit,
    indicator.decimals,
    completion.status,
    completion.pace_ratio,
    completion.gap_value,
    completion.is_provisional,
    completion.is_sample,
from mart.completion as completion
inner join mart.org_unit as unit on completion.org_unit_code = unit.org_unit_code
inner join mart.indicator as indicator on completion.indicator_code = indicator.indicator_code
where completion.report_month = $month and completion.status in ('missed', 'far_behind', 'behind')
order by
    not unit.is_office,
    list_position(['district', 'subdistrict', 'community'], unit.level),
    list_position(['missed', 'far_behind', 'behind'], completion.status),
    completion.pace_ratio nulls first,
    unit.org_unit_code,
    indicator.indicator_code
"""

ALERTS = """
select
    alert.kind,
    count(*),
    count(*) filter (where alert.opened_at > coalesce($previous, alert.opened_at - interval 1 second)),
from mart.alert_case as alert
where alert.state <> 'resolved' and alert.is_told
group by alert.kind
order by alert.kind
"""


@dataclass(frozen=True)
class OpenSubmission:
    """A file that was rejected or is held, and has no newer version that counts; its name as it is published."""

    state: str
    unit: str | None
    form: str | None
    month: date | None
    file_name: str
    message_zh: str | None
    message_en: str | None
    finding_count: int
    submission_id: str = ""


@dataclass(frozen=True)
class Undecided:
    """A report that is held, its lock day over, and that nobody has decided about."""

    unit: str | None
    form: str | None
    form_code: str | None
    month: date
    lock_on: date
    days_over: int
    finding_count: int


@dataclass(frozen=True)
class KnownFlaw:
    """A rule whose failing rows are known, and no more than that."""

    rule_code: str
    count: int
    tolerated_count: int
    reason: str


@dataclass(frozen=True)
class Missing:
    """A report that was due and has not come."""

    unit: str
    form: str
    month: date
    due_on: date


@dataclass(frozen=True)
class Collecting:
    """A form whose month is over and whose due day is to come: how many were asked, and how many came."""

    form: str
    month: date
    due_on: date
    asked_count: int
    received_count: int


@dataclass(frozen=True)
class Corrected:
    """A value that an operator recorded in a cell's place; `value` is in the indicator's unit, None where withheld."""

    unit: str
    indicator_zh: str
    indicator_en: str
    month: date
    measure: str
    value: Decimal | None
    finished_on: date | None
    corrected_on: date
    decision_id: str
    is_not_applicable: bool = False


@dataclass(frozen=True)
class Rank:
    """A unit's place in the overall ranking, and how far it can still go; the score is a ratio."""

    parent: str | None
    unit: str
    level: str
    rank: int | None
    peers_count: int
    score: Decimal | None
    previous_rank: int | None
    change: int | None
    cause: str | None  # of the change, None without one
    best_rank: int | None
    worst_rank: int | None
    unranked_reason: str | None


@dataclass(frozen=True)
class PublishedRank:
    """A rank that a bulletin gave, beside ours; not to be compared where a peer's figures were invented."""

    unit: str
    indicator_zh: str
    indicator_en: str
    published_rank: int
    rank: int | None
    peers_count: int
    has_sample_peer: bool


@dataclass(frozen=True)
class Behind:
    """An indicator of a unit that is behind or missed; the gap is in the indicator's own unit."""

    unit: str
    level: str
    indicator_zh: str
    indicator_en: str
    owner: str | None
    kind: str
    measure: str | None
    decimals: int | None
    status: str
    pace: Decimal | None
    gap: Decimal | None
    is_provisional: bool
    is_sample: bool


@dataclass(frozen=True)
class AlertCount:
    """Open cases of one kind, and how many of them opened this night."""

    kind: str
    open_count: int
    new_count: int


@dataclass(frozen=True)
class Summary:
    """A published database in brief; `month` is the latest whose due day has passed, None before the first."""

    published: Path
    version: str
    run_id: str
    as_of: datetime
    month: date | None
    received_count: int
    arrived: dict[str, int] = field(default_factory=dict)
    open_submissions: tuple[OpenSubmission, ...] = ()
    undecided: tuple[Undecided, ...] = ()  # the longest over first
    missing: tuple[Missing, ...] = ()
    missing_before: tuple[Missing, ...] = ()  # of the twelve months before it
    collecting: tuple[Collecting, ...] = ()
    known_flaws: tuple[KnownFlaw, ...] = ()
    warnings: tuple[tuple[str, str], ...] = ()  # what the later gates want seen to, in Chinese and English
    ranking: tuple[Rank, ...] = ()
    published_ranks: tuple[PublishedRank, ...] = ()
    behind: tuple[Behind, ...] = ()
    alerts: tuple[AlertCount, ...] = ()
    corrected: tuple[Corrected, ...] = ()  # of the month and after it
    is_sample: bool = False

    @property
    def needs_person(self) -> bool:
        """Something was rejected, is held, or is missing past its due day."""
        return bool(self.open_submissions or self.missing)

    def submissions(self, state: str) -> list[OpenSubmission]:
        """The open submissions in one state."""
        return [row for row in self.open_submissions if row.state == state]


def read_summary(home: Home) -> Summary:
    """The summary of what is published; raises JinduError when nothing is, or it cannot be read."""
    with published_copy(home) as (connection, file):
        latest = connection.execute(LATEST_RUN).fetchone()
        if latest is None:
            raise JinduError(
                f"{file} 中没有运行记录，请重新运行 jindu run。", f"{file} records no run; do jindu run again."
            )
        as_of = latest[0].astimezone(OFFICE_TIMEZONE)
        previous = _rows(connection, NIGHTS_BEFORE, as_of=as_of)[0][0]
        month = _rows(connection, DUE_MONTH, as_of=as_of)[0][0]
        return Summary(
            published=home.published,
            version=file.parent.name,
            run_id=latest[1],
            as_of=as_of,
            month=month,
            received_count=latest[2] or 0,
            arrived=dict(_rows(connection, ARRIVED, as_of=as_of, previous=previous)),
            open_submissions=tuple(
                OpenSubmission(*row) for row in _rows(connection, OPEN_SUBMISSION, previous=previous)
            ),
            undecided=tuple(Undecided(*row) for row in _rows(connection, UNDECIDED, as_of=as_of)),
            missing=tuple(Missing(*row) for row in _rows(connection, MISSING, month=month)),
            missing_before=tuple(Missing(*row) for row in _rows(connection, MISSING_BEFORE, month=month)),
            collecting=tuple(Collecting(*row) for row in _rows(connection, COLLECTING, as_of=as_of)),
            known_flaws=_known_flaws(connection, latest[1]),
            warnings=tuple(_rows(connection, WARNED, run_id=latest[1])),
            ranking=tuple(Rank(*row) for row in _rows(connection, RANKING, month=month)),
            published_ranks=tuple(PublishedRank(*row) for row in _rows(connection, PUBLISHED_RANK, month=month)),
            behind=tuple(Behind(*row) for row in _rows(connection, BEHIND, month=month)),
            alerts=tuple(AlertCount(*row) for row in _rows(connection, ALERTS, previous=previous)),
            corrected=_corrected(connection, month),
            is_sample=_rows(connection, "select coalesce(bool_or(is_sample), false) from mart.target")[0][0],
        )


def with_own_names(home: Home, summary: Summary) -> Summary:
    """The summary with the files called as their senders called them, for the operator's own terminal.

    Published names leave out what may be a person's. Who may not read the private history sees those.
    """
    if not summary.open_submissions or not os.access(home.history, os.R_OK):
        return summary
    try:
        with duckdb.connect(home.history, read_only=True) as connection:
            rows = connection.execute("select submission_id, file_name from raw.submission").fetchall()
    except duckdb.Error:
        return summary  # a night replaces it, or it is damaged: the published names will do
    names = {number: re.sub(r"[\x00-\x1f\x7f]+", " ", name) for number, name in rows}
    own = [replace(row, file_name=names.get(row.submission_id, row.file_name)) for row in summary.open_submissions]
    return replace(summary, open_submissions=tuple(own))


def _known_flaws(connection: duckdb.DuckDBPyConnection, run_id: str) -> tuple[KnownFlaw, ...]:
    if not _rows(connection, HAS_COLUMN, table="gate_result", column="tolerated_count"):  # a copy of an older version
        return ()
    return tuple(KnownFlaw(*row) for row in _rows(connection, KNOWN_FLAWS, run_id=run_id))


def _corrected(connection: duckdb.DuckDBPyConnection, month: date | None) -> tuple[Corrected, ...]:
    if not _rows(connection, HAS_COLUMN, table="reported_cell", column="is_corrected"):  # a copy of an older version
        return ()
    is_new = bool(_rows(connection, HAS_COLUMN, table="reported_cell", column="is_not_applicable"))
    query = CORRECTED.format(is_not_applicable="cell.is_not_applicable" if is_new else "false")
    return tuple(Corrected(*row) for row in _rows(connection, query, month=month))


def _rows(connection: duckdb.DuckDBPyConnection, query: str, **values: object) -> list[Any]:
    found: list[Any] = connection.execute(query, values).fetchall()
    return found
