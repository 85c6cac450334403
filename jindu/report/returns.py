"""What the senders are answered: a receipt for each file, and a folder for each unit that is asked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from jindu.report.receipt import Receipt, Remark, is_sender_certain
from jindu.settings import Home, JinduError, Night

GUIDE = "说明.txt"  # jindu/workbooks/collect.py leaves it alone

RECEIVED = """
select
    submission.submission_id,
    submission.sha256,
    submission.file_name,
    coalesce(folder.code, sender.code) as unit_code,
    coalesce(folder.name, sender.name) as unit_name,
    form.name_zh as form_name,
    submission.report_month,
    submission.version,
    submission.received_at,
    submission.due_on,
    submission.lock_on,
    submission.state,
    cell_count.cells_asked_count,
    cell_count.cells_filled_count,
    cell_count.not_applicable_count,
    submission.is_sample,
    received.refusal_code,
    folder.code is not null as is_in_own_folder,
    counted.version as overtaken_by,
    put_right.better_id is not null as is_put_right,
from core.submission as submission
inner join core.received as received using (submission_id)
inner join core.cell_count using (submission_id)
left join reference.form as form on submission.form_code = form.code
left join reference.org_unit as folder on received.folder_code = folder.code
left join reference.org_unit as sender on submission.sender_code = sender.code
left join core.put_right as put_right on submission.submission_id = put_right.submission_id
left join core.submission as counted
    on
        submission.form_code = counted.form_code
        and submission.sender_code = counted.sender_code
        and submission.report_month = counted.report_month
        and submission.version < counted.version
        and counted.is_counted
        and submission.state = 'rejected'
order by submission.received_at, submission.submission_id
"""

FOUND = """
select
    finding.submission_id,
    finding.severity,
    finding.sheet_name,
    finding.cell,
    coalesce(indicator.name_zh, finding.indicator_code) as indicator_name,
    finding.found,
    finding.expected,
    finding.message_zh,
    finding.finding_id,
    answer.state = 'upheld' as is_upheld,
    answer.state in ('open', 'upheld') as is_open,
    finding.rule_code,
from raw.finding as finding
inner join core.finding_answer as answer using (finding_id)
left join reference.indicator as indicator on finding.indicator_code = indicator.code
where
    finding.run_id = night_of($as_of)
    and finding.gate = 'incoming'
    and finding.severity in ('critical', 'warning')
order by finding.submission_id, finding.severity, finding.sheet_name, finding.cell, finding.message_zh
"""

# What was telephoned in counts in the place of the cell; who recorded it, and why, is nobody else's
CORRECTED = """
select
    correction.submission_id,
    concat(
        case when correction.org_unit_code != correction.sender_code then org_unit.name || ' ' end,
        '“', indicator.name_zh, '”',
        case correction.measure
            when 'month' then '本月数 '
            when 'ytd' then '本年累计 '
            when 'prior_ytd' then '上年同期累计 '
            else '完成日期 '
        end,
        coalesce(
            case when correction.is_not_applicable then '不适用' end,
            cast(correction.finished_on as varchar),
            regexp_replace(cast(correction.value as varchar), '\\.?0+$', '')
        ),
        '（', strftime(correction.recorded_at, '%Y-%m-%d'), ' 电话更正，决定 ', correction.decision_id, '）'
    ) as told,
from core.counted_correction as correction
inner join reference.indicator as indicator on correction.indicator_code = indicator.code
inner join reference.org_unit as org_unit on correction.org_unit_code = org_unit.code
where correction.submission_id is not null
order by correction.org_unit_code, correction.indicator_code, correction.measure
"""

# Every unit that the newest month asks for something
ASKED_UNITS = """
select
    org_unit.code,
    org_unit.name,
from reference.org_unit as org_unit
where
    org_unit.code in (
        select sender_code
        from core.expected_cell
        where report_month = (select max(report_month) from core.expected_cell)
    )
order by org_unit.code
"""


@dataclass(frozen=True)
class AskedUnit:
    """A unit that reports something, and so has a folder of its own."""

    code: str
    name: str


def asked_units(connection: duckdb.DuckDBPyConnection) -> list[AskedUnit]:
    """The units that the newest month in core.expected_cell asks."""
    return [AskedUnit(*row) for row in connection.execute(ASKED_UNITS).fetchall()]


def make_folders(home: Home, units: Iterable[AskedUnit]) -> int:
    """Give each unit its folders in inbox/ and returns/, the first with a word of explanation; the number of new ones.

    Raises JinduError when the home takes none.
    """
    made_count = 0
    try:
        for unit in units:
            (home.returns / unit.code).mkdir(parents=True, exist_ok=True)
            inbox = home.inbox / unit.code
            if not inbox.exists():
                inbox.mkdir(parents=True)
                (inbox / GUIDE).write_text(_guide(unit), encoding="utf-8-sig", newline="\r\n")  # for Notepad
                made_count += 1
    except OSError as error:
        raise JinduError(
            f"无法在 {home.root} 中为填报单位建立文件夹：{error.strerror or error}。"
            "请清理磁盘空间或修正权限后重新运行。",
            f"Cannot make the units' folders in {home.root}: {error.strerror or error}. "
            "Make room on the disk or mend its permissions and run again.",
        ) from error
    return made_count


def remarks(rows: Iterable[Mapping[str, Any]]) -> tuple[tuple[Remark, ...], int]:
    """The open findings of one file, and the number of its warnings that are answered."""
    open_ones, explained_count = [], 0
    for row in rows:
        if row["is_open"]:
            open_ones.append(Remark(**{name: row[name] for name in Remark.__dataclass_fields__}))
        else:
            explained_count += 1
    return tuple(open_ones), explained_count


def receipts_of(connection: duckdb.DuckDBPyConnection, night: Night) -> list[Receipt]:
    """The receipt of every file ever received, as the night found things."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(connection, FOUND, {"as_of": night.as_of}):
        found[row["submission_id"]].append(row)
    corrected: dict[str, list[str]] = defaultdict(list)
    for row in _rows(connection, CORRECTED, {}):
        corrected[row["submission_id"]].append(row["told"])
    receipts = []
    for row in _rows(connection, RECEIVED, {}):
        of_file = found[row["submission_id"]]
        open_ones, explained_count = remarks(of_file)
        is_in_own_folder = row.pop("is_in_own_folder")
        receipts.append(
            Receipt(
                **row,
                remarks=open_ones,
                explained_count=explained_count,
                skipped_count=0,
                confirmed_at=night.as_of,
                corrections=tuple(corrected[row["submission_id"]]),
                is_sender_certain=is_sender_certain(is_in_own_folder, [one["rule_code"] for one in of_file]),
            )
        )
    return receipts


def _rows(connection: duckdb.DuckDBPyConnection, query: str, values: dict[str, object]) -> list[dict[str, Any]]:
    cursor = connection.execute(query, values)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _guide(unit: AskedUnit) -> str:
    return (
        f"这是{unit.name}（{unit.code}）的收件文件夹。\n"
        "\n"
        "1. 把填好的报表（.xlsx 或 .csv）放进来，放好后请不要移走。\n"
        f"2. 到 returns/{unit.code}/ 看回执：有没有收到、哪一格要改、到哪一天为止。\n"
        "3. 要改的，改好后再放进来，会自动记为新的一版。\n"
    )
