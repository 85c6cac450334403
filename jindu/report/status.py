"""The state of a home between nights, for an operator or a monitor: how it is, and what needs a person."""

import os
import shutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import duckdb

from jindu.decisions import read_journals, strange_files, torn_journals
from jindu.fault import STALE_AFTER, Fault, look
from jindu.fault import age as age_of
from jindu.last_run import last_attempt
from jindu.lock import lock_holder
from jindu.report.summary import Corrected, OpenSubmission, Summary, Undecided, read_summary, with_own_names
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError
from jindu.shown import word

LEAST_FREE_BYTES = 1_000_000_000  # a night writes its archive, its database and a copy to publish
NAMES_SHOWN = 8
DECISION_WORDS = {
    "withdrawal": ("撤回", "withdrawn"),
    "correction": ("电话更正", "telephoned in"),
    "finding": ("放行、认定", "waived or upheld"),
    "target": ("目标", "targets"),
    "alert": ("提醒", "alerts"),
}


@dataclass(frozen=True)
class Need:
    """One thing that somebody has to do, in both languages."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class Status:
    """What is published, how old it is, how the newest attempt at a night went, and which digests wait."""

    home: Home
    summary: Summary | None  # None when nothing is published yet
    age_hours: float | None
    running: dict[str, Any] | None
    watching: dict[str, Any] | None
    last_attempt: dict[str, Any] | None
    digests: dict[str, Any] | None
    free_bytes: int
    faults: tuple[Fault, ...] = ()  # of the nights, the gravest first
    pending: dict[str, int] = field(default_factory=dict)  # by kind, decisions that the next night counts

    @property
    def has_failed(self) -> bool:
        """The newest attempt failed, or says that it runs and nobody does."""
        state = (self.last_attempt or {}).get("state")
        return state == "failed" or (state == "running" and self.running is None)

    @property
    def unsent(self) -> list[dict[str, str]]:
        """Digests that no channel has taken: recipient, reason_zh, reason_en."""
        return list((self.digests or {}).get("unsent", []))

    @property
    def filed(self) -> list[str]:
        """Recipients without a channel, whose digests lie in outbox/ for somebody to hand over."""
        return list((self.digests or {}).get("filed", []))

    @property
    def needs(self) -> list[Need]:
        """What needs a person, the most urgent first."""
        return [
            *_machine_needs(self),
            *_reporting_needs(self.summary),
            *_gate_needs(self.summary),
            *_delivery_needs(self),
        ]

    def as_json(self) -> dict[str, Any]:
        """The same for a machine; the names are promised."""
        summary = self.summary
        collecting = summary.collecting if summary else ()
        return {
            "home": str(self.home.root),
            "published": str(summary.published) if summary else None,
            "version": summary.version if summary else None,
            "as_of": summary.as_of.isoformat() if summary else None,
            "age_hours": self.age_hours,
            "is_stale": _is_stale(self),
            "report_month": f"{summary.month:%Y-%m}" if summary and summary.month else None,
            "missing": [
                {"unit": row.unit, "form": row.form, "due_on": row.due_on.isoformat()} for row in summary.missing
            ]
            if summary
            else [],
            "missing_before": [
                {"unit": row.unit, "form": row.form, "report_month": f"{row.month:%Y-%m}"}
                for row in (summary.missing_before if summary else ())
            ],
            "undecided": [
                {
                    "unit": row.unit,
                    "form": row.form,
                    "report_month": f"{row.month:%Y-%m}",
                    "lock_on": row.lock_on.isoformat(),
                    "days_over": row.days_over,
                    "findings": row.finding_count,
                }
                for row in (summary.undecided if summary else ())
            ],
            "held": _named(summary, "held"),
            "rejected": _named(summary, "rejected"),
            "collecting": [
                {
                    "form": row.form,
                    "report_month": f"{row.month:%Y-%m}",
                    "due_on": row.due_on.isoformat(),
                    "asked": row.asked_count,
                    "received": row.received_count,
                }
                for row in collecting
            ],
            "corrected": [
                {
                    "unit": row.unit,
                    "indicator": row.indicator_zh,
                    "report_month": f"{row.month:%Y-%m}",
                    "measure": row.measure,
                    "value": _corrected_value(row),
                    "corrected_on": row.corrected_on.isoformat(),
                    "decision_id": row.decision_id,
                }
                for row in (summary.corrected if summary else ())
            ],
            "decisions_pending": self.pending,
            "digests_unsent": self.unsent,
            "digests_in_outbox": self.filed,
            "running": self.running,
            "watching": self.watching,
            "last_attempt": self.last_attempt,
            "has_failed": self.has_failed,
            "free_bytes": self.free_bytes,
            "needs_person": [{"code": need.code, "zh": need.zh, "en": need.en} for need in self.needs],
        }


def read_status(home: Home, now: datetime, digests: dict[str, Any] | None) -> Status:
    """The status of a home at the moment `now`; age is in hours since the published as-of moment."""
    summary = with_own_names(home, read_summary(home)) if home.published.exists() else None
    age = round((now - summary.as_of).total_seconds() / 3600, 1) if summary else None
    place = next(folder for folder in (home.root, *home.root.parents) if folder.exists())
    return Status(
        home,
        summary,
        age,
        running=lock_holder(home),
        watching=lock_holder(home, path=home.watch_lock),
        last_attempt=last_attempt(home),
        digests=digests,
        free_bytes=shutil.disk_usage(place).free,
        faults=tuple(look(home, now)),
        pending=_pending(home) if summary else {},
    )


def _pending(home: Home) -> dict[str, int]:
    """By kind, how many decisions were written down since the last night; none where that cannot be told."""
    if not os.access(home.history, os.R_OK):
        return {}
    try:
        with duckdb.connect(home.history, read_only=True) as connection:
            known = {number for (number,) in connection.execute("select decision_id from raw.decision").fetchall()}
        recorded = [decision for journal in read_journals(home) for _, decision in journal.decisions]
    except (duckdb.Error, JinduError):
        return {}  # a night replaces it, or a line is damaged, which the night tells
    return dict(Counter(decision.kind for decision in recorded if decision.decision_id not in known))


def status_lines(status: Status, lang: str) -> list[str]:
    """The status in a few lines, what needs a person at the end."""
    zh = lang != "en"
    lines = [f"工作目录：{status.home.root}" if zh else f"home: {status.home.root}"]
    if status.running:
        pid, since = status.running["pid"], status.running["started_at"]
        lines.append(f"正在运行：进程 {pid}，始于 {since}" if zh else f"running: process {pid} since {since}")
    if status.watching:
        pid, since = status.watching["pid"], status.watching["started_at"]
        lines.append(f"收件箱值守：进程 {pid}，始于 {since}" if zh else f"inbox watched: process {pid} since {since}")
    else:
        lines.append("收件箱值守：没有运行" if zh else "inbox watched: no")
    if status.summary is None:
        lines.append("还没有发布过数据。" if zh else "Nothing is published yet.")
    else:
        lines += _published_lines(status, status.summary, zh)
    needs = status.needs
    if not needs:
        return [*lines, "没有需要人处理的事项。" if zh else "Nothing needs a person."]
    lines.append(f"需要人处理的事项 {len(needs)} 项：" if zh else f"needs a person ({len(needs)}):")
    for number, need in enumerate(needs, start=1):
        first, *rest = (need.zh if zh else need.en).splitlines()
        lines += [f"  {number}. {first}", *(f"     {line}" for line in rest)]
    return lines


def _published_lines(status: Status, summary: Summary, zh: bool) -> list[str]:
    age = age_of(timedelta(hours=status.age_hours or 0.0))[0 if zh else 1]
    moment = f"{summary.as_of.astimezone(OFFICE_TIMEZONE):%Y-%m-%d %H:%M}"
    lines = [f"最近一次成功：截至 {moment}（{age}）" if zh else f"last good run: as of {moment} ({age})"]
    lines.append(
        f"已发布：{summary.published}（{summary.version}）"
        if zh
        else f"published: {summary.published} ({summary.version})"
    )
    month = f"{summary.month:%Y-%m}" if summary.month else "—"
    held, rejected = (
        sum(row.month == summary.month for row in summary.submissions(state)) for state in ("held", "rejected")
    )
    counts = (len(summary.missing), held, rejected)
    lines.append(
        "最近到期月份：{}，未报 {}，待核实 {}，退回 {}".format(month, *counts)
        if zh
        else "latest due month: {}, {} missing, {} held, {} rejected".format(month, *counts)
    )
    if status.pending:
        told = [(*DECISION_WORDS.get(kind, (kind, kind)), count) for kind, count in sorted(status.pending.items())]
        lines.append(
            "已记下、下一夜才计入的决定：" + "，".join(f"{kind_zh} {count} 条" for kind_zh, _, count in told)
            if zh
            else "decided, counts from the next night: " + ", ".join(f"{kind_en} {count}" for _, kind_en, count in told)
        )
    if summary.corrected:
        lines.append(
            f"电话更正 {len(summary.corrected)} 处：{_listed([_corrected_zh(row) for row in summary.corrected], '；')}"
            if zh
            else f"telephoned in ({len(summary.corrected)}): "
            f"{_listed([_corrected_en(row) for row in summary.corrected], '; ')}"
        )
    if summary.known_flaws:
        zh_flaws = [
            f"{one.rule_code} {one.count} 处，至多 {one.tolerated_count} 处：{one.reason}"
            for one in summary.known_flaws
        ]
        en_flaws = [
            f"{one.rule_code}, {one.count} of at most {one.tolerated_count}: {one.reason}"
            for one in summary.known_flaws
        ]
        lines.append(
            f"已知缺陷 {len(zh_flaws)} 项：{_listed(zh_flaws, '；')}"
            if zh
            else f"known flaws ({len(en_flaws)}): {_listed(en_flaws, '; ')}"
        )
    for row in summary.collecting:
        lines.append(
            f"正在收：{row.form} {row.month:%Y-%m}，已到 {row.received_count}/{row.asked_count}，截止 {row.due_on}"
            if zh
            else f"coming in: {row.form} {row.month:%Y-%m}, {row.received_count} of {row.asked_count}, due {row.due_on}"
        )
    return lines


def _machine_needs(status: Status) -> list[Need]:
    needs = [_of_fault(fault) for fault in status.faults]
    for file in torn_journals(status.home):
        needs.append(
            Need(
                "torn_decision",
                f"{file} 末尾有一条决定没有写完整，未计入：请重新执行那条命令",
                f"{file} ends in a decision that was not written whole and does not count: give that command again",
            )
        )
    for file in strange_files(status.home):
        needs.append(
            Need(
                "strange_decision",
                f"{file} 不是决定记录，没有读取：请移走",
                f"{file} is no journal of decisions and was not read: move it away",
            )
        )
    if status.free_bytes < LEAST_FREE_BYTES and not any(fault.code == "unwritable" for fault in status.faults):
        free = f"{status.free_bytes / 1e6:.0f} MB"
        needs.append(Need("disk", f"磁盘只剩 {free}，请清理", f"Only {free} are free on the disk: make room"))
    return needs


def _reporting_needs(summary: Summary | None) -> list[Need]:
    if summary is None:
        return []
    needs = []
    if summary.undecided:
        needs.append(_undecided(summary.undecided))
    if summary.missing:
        due_on = max(row.due_on for row in summary.missing)
        names = [f"{row.unit}（{row.form}）" for row in summary.missing]
        plain = [f"{row.unit} ({row.form})" for row in summary.missing]
        needs.append(
            Need(
                "missing",
                f"催报 {len(names)} 份（截止 {due_on}）：{_listed(names, '、')}",
                f"Ask for {len(names)} missing reports (due {due_on}): {_listed(plain, ', ')}",
            )
        )
    if summary.missing_before:
        names = [f"{row.unit} {row.month:%Y-%m}（{row.form}）" for row in summary.missing_before]
        plain = [f"{row.unit} {row.month:%Y-%m} ({row.form})" for row in summary.missing_before]
        needs.append(
            Need(
                "missing_before",
                f"更早的月份仍有 {len(names)} 份未报：{_listed(names, '、')}",
                f"{len(names)} reports of earlier months are still missing: {_listed(plain, ', ')}",
            )
        )
    for state, zh, en in (
        (
            "held",
            "核实 {} 份（属实则请单位在备注中说明，不属实则重报）：",
            "Verify {} held reports: explained, or sent again:",
        ),
        ("rejected", "等待重报 {} 份（已退回）：", "Wait for {} rejected reports to be sent again:"),
    ):
        rows = summary.submissions(state)
        if rows:
            shown = rows[:NAMES_SHOWN]
            rest_zh, rest_en = (
                ([f"…… 另有 {len(rows) - NAMES_SHOWN} 份"], [f"… {len(rows) - NAMES_SHOWN} more"])
                if len(rows) > NAMES_SHOWN
                else ([], [])
            )
            needs.append(
                Need(
                    state,
                    "\n".join([zh.format(len(rows)), *(_told(row, row.message_zh) for row in shown), *rest_zh]),
                    "\n".join([en.format(len(rows)), *(_told(row, row.message_en) for row in shown), *rest_en]),
                )
            )
    return needs


def _undecided(held: tuple[Undecided, ...]) -> Need:
    zh = [f"过了锁定日仍待核实 {len(held)} 份，请放行或认定（jindu finding waive、uphold）："]
    en = [f"{len(held)} held reports are past their lock day: waive or uphold (jindu finding waive, uphold):"]
    for row in held[:NAMES_SHOWN]:
        zh.append(
            f"{row.unit or '?'} · {row.form} {row.month:%Y-%m} · 锁定日 {row.lock_on}，"
            f"已过 {row.days_over} 天 · {row.finding_count} 条问题"
        )
        en.append(
            f"{row.unit or '?'} · {row.form_code} {row.month:%Y-%m} · locked {row.lock_on}, "
            f"{row.days_over} days over · findings: {row.finding_count}"
        )
    if len(held) > NAMES_SHOWN:
        zh.append(f"…… 另有 {len(held) - NAMES_SHOWN} 份")
        en.append(f"… {len(held) - NAMES_SHOWN} more")
    return Need("undecided", "\n".join(zh), "\n".join(en))


def _gate_needs(summary: Summary | None) -> list[Need]:
    return [Need("gate", zh, en) for zh, en in (summary.warnings if summary else ())]


def _delivery_needs(status: Status) -> list[Need]:
    needs = []
    if status.unsent:
        zh = [f"{one['recipient']}：{one['reason_zh']}" for one in status.unsent]
        en = [f"{one['recipient']}: {one['reason_en']}" for one in status.unsent]
        needs.append(
            Need(
                "digests_unsent",
                "\n".join([f"提醒未发出 {len(zh)} 份，下次再发：", *zh]),
                "\n".join([f"{len(en)} digests not sent, to be tried again:", *en]),
            )
        )
    if status.filed:
        names, outbox = _listed(status.filed, "、"), status.home.outbox
        needs.append(
            Need(
                "digests_in_outbox",
                f"没有通道的接收人：{names}。请从 {outbox} 取出转交（办完删去），或登记通道并设置它的环境变量",
                f"Without a channel: {names}. Hand over what lies in {outbox} and remove it, "
                "or name a channel and set its variable",
            )
        )
    return needs


def _corrected_zh(row: Corrected) -> str:
    measure = word("reported_cell", "measure", row.measure, "zh")
    shown = _corrected_value(row) or "受限不公开"
    return f"{row.unit} {row.month:%Y-%m}“{row.indicator_zh}”{measure} {shown}（{row.corrected_on} 记）"


def _corrected_en(row: Corrected) -> str:
    shown = _corrected_value(row) or "withheld"
    return f"{row.unit} {row.month:%Y-%m} {row.indicator_en} {row.measure} {shown} (recorded {row.corrected_on})"


def _corrected_value(row: Corrected) -> str | None:
    if row.is_not_applicable:
        return "不适用"
    if row.finished_on:
        return row.finished_on.isoformat()
    return None if row.value is None else f"{row.value.normalize():f}"


def _told(row: OpenSubmission, message: str | None) -> str:
    return f"{row.unit or '?'} · {row.file_name}" + (f" · {message}" if message else "")


def _listed(names: list[str], separator: str) -> str:
    return separator.join(names[:NAMES_SHOWN]) + (" …" if len(names) > NAMES_SHOWN else "")


def _named(summary: Summary | None, state: str) -> list[dict[str, str | None]]:
    return [
        {
            "unit": row.unit,
            "form": row.form,
            "report_month": f"{row.month:%Y-%m}" if row.month else None,
            "file": row.file_name,
            "message_zh": row.message_zh,
            "message_en": row.message_en,
        }
        for row in (summary.submissions(state) if summary else [])
    ]


def _of_fault(fault: Fault) -> Need:
    said_zh, said_en = f"{fault.detail_zh}{fault.remedy_zh}", f"{fault.detail_en} {fault.remedy_en}".strip()
    return Need(fault.code, f"{fault.zh}\n{said_zh}", f"{fault.en}\n{said_en}")


def _is_stale(status: Status) -> bool:
    return status.age_hours is not None and timedelta(hours=status.age_hours) > STALE_AFTER
