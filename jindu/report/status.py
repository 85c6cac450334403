"""The state of a home between nights, for an operator or a monitor."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jindu.report.summary import Summary, read_summary
from jindu.settings import OFFICE_TIMEZONE, Home


@dataclass(frozen=True)
class Status:
    """What is published, how old it is, and how the newest attempt at a night went."""

    home: Home
    summary: Summary | None  # None when nothing is published yet
    age_hours: float | None
    running: dict[str, Any] | None
    last_attempt: dict[str, Any] | None

    @property
    def has_failed(self) -> bool:
        """The newest attempt failed, or says that it runs and nobody does."""
        state = (self.last_attempt or {}).get("state")
        return state == "failed" or (state == "running" and self.running is None)

    def as_json(self) -> dict[str, Any]:
        """The same for a machine; the names are promised."""
        summary = self.summary
        return {
            "home": str(self.home.root),
            "published": str(summary.published) if summary else None,
            "version": summary.version if summary else None,
            "as_of": summary.as_of.isoformat() if summary else None,
            "age_hours": self.age_hours,
            "report_month": f"{summary.month:%Y-%m}" if summary and summary.month else None,
            "missing": [{"unit": row.unit, "form": row.form} for row in summary.missing] if summary else [],
            "held": _named(summary, "held"),
            "rejected": _named(summary, "rejected"),
            "running": self.running,
            "last_attempt": self.last_attempt,
            "has_failed": self.has_failed,
        }


def read_status(
    home: Home, now: datetime, running: dict[str, Any] | None, last_attempt: dict[str, Any] | None
) -> Status:
    """The status of a home at the moment `now`; age is in hours since the published as-of moment."""
    summary = read_summary(home) if home.published.exists() else None
    age = round((now - summary.as_of).total_seconds() / 3600, 1) if summary else None
    return Status(home, summary, age, running, last_attempt)


def status_lines(status: Status, lang: str) -> list[str]:
    """The status in a few lines."""
    zh = lang != "en"
    lines = [f"{'工作目录' if zh else 'home'}: {status.home.root}"]
    if status.running:
        pid, since = status.running["pid"], status.running["started_at"]
        lines.append(f"正在运行：进程 {pid}，始于 {since}" if zh else f"running: process {pid} since {since}")
    if status.has_failed and status.last_attempt:
        lines += _failure(status.last_attempt, zh)
    summary = status.summary
    if summary is None:
        return [*lines, "还没有发布过数据。" if zh else "Nothing is published yet."]
    age = _age(status.age_hours or 0.0, zh)
    moment = f"{summary.as_of.astimezone(OFFICE_TIMEZONE):%Y-%m-%d %H:%M}"
    lines.append(f"最近一次成功：截至 {moment}({age})" if zh else f"last good run: as of {moment} ({age})")
    lines.append(f"{'已发布' if zh else 'published'}: {summary.published} ({summary.version})")
    month = f"{summary.month:%Y-%m}" if summary.month else "—"
    lines.append(f"{'最近到期月份' if zh else 'latest due month'}: {month}")
    groups = (
        ("未报", "missing", [f"{row.unit} {row.form}" for row in summary.missing]),
        ("待核实", "held", [f"{row.unit or '?'} {row.file_name}" for row in summary.submissions("held")]),
        ("退回", "rejected", [f"{row.unit or '?'} {row.file_name}" for row in summary.submissions("rejected")]),
    )
    for title_zh, title_en, names in groups:
        lines.append(f"{title_zh if zh else title_en} {len(names)}")
        lines += [f"  {name}" for name in names]
    return lines


def _named(summary: Summary | None, state: str) -> list[dict[str, str | None]]:
    return [
        {
            "unit": row.unit,
            "form": row.form,
            "report_month": f"{row.month:%Y-%m}" if row.month else None,
            "file": row.file_name,
        }
        for row in (summary.submissions(state) if summary else [])
    ]


def _failure(attempt: dict[str, Any], zh: bool) -> list[str]:
    step, when = attempt.get("step") or "?", attempt["at"]
    message = attempt.get("message_zh" if zh else "message_en") or (
        "进程中途结束。" if zh else "The process ended midway."
    )
    if zh:
        return [f"最近一次运行失败：{attempt['run_id']}，步骤 {step}，{when}", f"  {message}"]
    return [f"the last run failed: {attempt['run_id']}, step {step}, {when}", f"  {message}"]


def _age(hours: float, zh: bool) -> str:
    if hours < 48:
        return f"{hours:.0f} 小时前" if zh else f"{hours:.0f} hours ago"
    return f"{hours / 24:.0f} 天前" if zh else f"{hours / 24:.0f} days ago"
