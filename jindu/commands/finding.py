"""jindu finding: what the rules found, and what the operator decides about warnings."""

import importlib
import re
from datetime import datetime
from itertools import groupby
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.text import Text

from jindu.commands.check import folded
from jindu.commands.decision import at_option, moment_of, reason_option, say_recorded, say_trial, warn_of_nights
from jindu.commands.target import TargetCommand, by_option, dry_option
from jindu.decisions import check_said, deciding, record
from jindu.settings import home_folder, reference_folder
from jindu.shown import word
from jindu.spoken import (
    DONE,
    NEEDS_PERSON,
    Speech,
    SpokenGroup,
    both,
    home_option,
    language_option,
    option,
    reference_option,
)

if TYPE_CHECKING:
    from jindu.finding import FindingDesk, Outcome, Told

KIND = "finding"
INDENT = 4  # of what a finding says, below its id
HAN = re.compile(r"[\u4e00-\u9fff]")
WIDE_QUOTES = str.maketrans("“”", "「」")  # terminals disagree on how wide the others are
COLOURS = {"critical": "red", "warning": "yellow", "information": "dim"}


@click.group(
    "finding",
    cls=SpokenGroup,
    help=both(
        "查看检查出的问题；核实性问题没有说明的，由操作员放行或认定。\n\n"
        "放行：这一条算有了答复，全部答复后整份接收；认定：不予认可，整份退回，之前的一版重新有效。"
        "都从下一夜起计入，数值不变就不再问。",
        "What the rules found; a warning that nobody explained is waived or upheld by the operator.\n\n"
        "Waived, it is answered, and when none is left the report is accepted; upheld, the report is rejected and the "
        "version before counts again. Both count from the next night on and are not asked again for the same value.",
    ),
    epilog=both(
        "  jindu finding list --home /data/jindu\n"
        "  jindu finding waive 0a1b2c3d --reason 现场核过 --by 统筹办 --dry-run --home /data/jindu\n"
        "  jindu finding uphold 0a1b2c3d --reason 与台账不符 --by 统筹办 --dry-run --home /data/jindu",
        "  jindu --lang en finding list --home /data/jindu\n"
        "  jindu --lang en finding waive 0a1b2c3d --reason 'seen on site' --by office --dry-run --home /data/jindu\n"
        "  jindu --lang en finding uphold 0a1b2c3d --reason 'not in the register' --by office --dry-run"
        " --home /data/jindu",
    ),
)
@language_option
def command() -> None:
    """The group."""


@command.command(
    "list",
    cls=TargetCommand,
    help=both(
        "还没有了结的问题，最早的在前：等了几天、谁来改、写的是什么、应当是什么。\n\n"
        "退出码：0 没有待处理的；1 有；2 未完成。",
        "What is still open, the oldest first: for how long, who mends it, what was found and expected.\n\n"
        "Exit code: 0 nothing is open; 1 something is; 2 not done.",
    ),
    epilog=both("  jindu finding list --home /data/jindu", "  jindu --lang en finding list --home /data/jindu"),
)
@option(
    "--everything",
    "也列出已有答复的和只作提示的。",
    "Also what is answered, and information.",
    is_flag=True,
    default=False,
)
@option("--unit", "只看一个单位（代码或简称）。", "One unit only (code or short name).", default=None)
@option("--json", "输出 JSON，供程序读取。", "JSON for a machine.", is_flag=True, default=False)
@home_option
@language_option
@click.pass_obj
def list_command(speech: Speech, *, everything: bool, unit: str | None, json: bool, home: Path | None) -> int:
    """A list that holds in 80 columns."""
    here = home_folder(home)
    finding = importlib.import_module("jindu.finding")
    with finding.finding_desk(here, has_own_words=not json) as desk:
        chosen = [one for one in desk.standing() if everything or one.is_open or one.awaits_report]
        if unit is not None:
            chosen = desk.of_unit(chosen, unit)
        now = desk.published_at
    if json:
        click.echo(dumps([_as_json(one, now, speech) for one in chosen], ensure_ascii=False, indent=2))
    elif not chosen:
        click.echo(speech.say("没有待处理的问题。", "Nothing is open."))
    else:
        _show_list(speech, chosen, now)
    return NEEDS_PERSON if any(one.is_open or one.awaits_report for one in chosen) else DONE


@command.command(
    "show",
    cls=TargetCommand,
    help=both(
        "一条问题的全部：在哪里、是什么、怎么办、谁答复的。编号写前几位即可。",
        "All about one finding: where, what, what to do, and who answered it. The first digits of its id will do.",
    ),
    epilog=both(
        "  jindu finding show 0a1b2c3d --home /data/jindu", "  jindu --lang en finding show 0a1b2c3d --home /data/jindu"
    ),
)
@click.argument("finding_id", metavar="FINDING_ID")
@option("--json", "输出 JSON，供程序读取。", "JSON for a machine.", is_flag=True, default=False)
@home_option
@language_option
@click.pass_obj
def show(speech: Speech, finding_id: str, *, json: bool, home: Path | None) -> int:
    """One line per fact."""
    finding = importlib.import_module("jindu.finding")
    with finding.finding_desk(home_folder(home), has_own_words=not json) as desk:
        one = desk.one(finding_id)
        told = _as_json(one, desk.published_at, speech)
        if json:
            click.echo(dumps(told, ensure_ascii=False, indent=2))
        else:
            for name, text in _facts(desk, one, speech):
                click.echo(f"{name}{speech.say('：', ': ')}{text}")
    return DONE


def _decide(verdict: str) -> Any:
    """The body of waive and of uphold, which differ in a word."""

    def body(  # noqa: PLR0913  (an argument per option)
        speech: Speech,
        what: tuple[str, ...],
        *,
        reason: str,
        by: str,
        at: str | None,
        dry_run: bool,
        home: Path | None,
        reference: Path | None,
    ) -> int:
        here, moment = home_folder(home), moment_of(at)
        check_said(by, reason, moment)
        desk_of = importlib.import_module("jindu.submission").SubmissionDesk  # DuckDB and the models
        with desk_of(here, reference_folder(reference, here), moment) as submissions:
            submissions.refuse_empty(reason)
            nights = submissions.nights_after(moment)
        finding = importlib.import_module("jindu.finding")
        with deciding(here), finding.finding_desk(here) as desk:
            chosen = _chosen(desk, what)
            desk.refuse(chosen, verdict, moment)
            for one in chosen:
                click.echo(speech.say(*_decided(one, verdict, finding.VERDICT_WORDS)))
            for outcome in desk.outcomes(chosen, verdict):
                click.echo(speech.say(*_becomes(outcome)))
            warn_of_nights(speech, nights)
            if dry_run:
                say_trial(speech)
                return NEEDS_PERSON if nights else DONE
            payload = {
                "verdict": verdict,
                "findings": [one.finding_id for one in chosen],
                "submissions": [one.submission_id for one in chosen],
            }
            decision = record(here, KIND, by=by, reason=reason, payload=payload, recorded_at=moment)
        say_recorded(speech, decision.decision_id, moment)
        return NEEDS_PERSON if nights else DONE

    return body


@command.command(
    "waive",
    cls=TargetCommand,
    help=both(
        "放行核实性问题：数字属实，不用说明。写问题编号，或写单位、报表、月份放行那一份的全部。",
        "Waive warnings: the figure is right and needs no explanation. By the finding's id, or all of a report by "
        "unit, form and month.",
    ),
    epilog=both(
        "  jindu finding waive 0a1b2c3d --reason 现场核过 --by 统筹办 --dry-run --home /data/jindu",
        "  jindu --lang en finding waive 0a1b2c3d --reason 'seen on site' --by office --dry-run --home /data/jindu",
    ),
)
@click.argument("what", metavar="UNIT FORM MONTH | FINDING_ID…", nargs=-1, required=True)
@reason_option
@by_option
@at_option
@dry_option
@home_option
@reference_option
@language_option
@click.pass_obj
def waive(speech: Speech, /, what: tuple[str, ...], **said: Any) -> int:
    """What becomes of the report, and then the line in the journal."""
    return int(_decide("waived")(speech, what, **said))


@command.command(
    "uphold",
    cls=TargetCommand,
    help=both(
        "认定核实性问题：数字不予认可，整份退回，之前的一版重新有效；请单位改正后重报。",
        "Uphold warnings: the figure is not accepted, the report is rejected and the version before counts again; the "
        "unit has to mend it and send it again.",
    ),
    epilog=both(
        "  jindu finding uphold 0a1b2c3d --reason 与台账不符 --by 统筹办 --dry-run --home /data/jindu",
        "  jindu --lang en finding uphold 0a1b2c3d --reason 'not in the register' --by office --dry-run"
        " --home /data/jindu",
    ),
)
@click.argument("what", metavar="UNIT FORM MONTH | FINDING_ID…", nargs=-1, required=True)
@reason_option
@by_option
@at_option
@dry_option
@home_option
@reference_option
@language_option
@click.pass_obj
def uphold(speech: Speech, /, what: tuple[str, ...], **said: Any) -> int:
    """What becomes of the report, and then the line in the journal."""
    return int(_decide("upheld")(speech, what, **said))


def _chosen(desk: "FindingDesk", what: tuple[str, ...]) -> "list[Told]":
    """The findings of these ids; all that wait of a report when its unit, form and month are given."""
    is_report = len(what) == 3 and importlib.import_module("jindu.workbooks.numbers").parse_month(what[2]) is not None
    if is_report:
        return list(desk.of_report(*what))
    return list({one.finding_id: one for one in map(desk.one, what)}.values())


def _decided(one: "Told", verdict: str, words: dict[str, tuple[str, str]]) -> tuple[str, str]:
    zh, en = words[verdict]
    month = f"{one.report_month:%Y-%m}" if one.report_month else "?"
    return (
        f"{zh} {one.short_id}：{one.unit or '?'} {month} {one.form or '?'} 第 {one.version or '?'} 版 "
        f"{one.cell or '整份'}。{one.message_zh}",
        f"{en} {one.short_id}: {one.unit or '?'}, {month}, {one.form_code or '?'} version {one.version or '?'}, "
        f"{one.cell or 'the whole'}. {one.message_en}",
    )


def _becomes(outcome: "Outcome") -> tuple[str, str]:
    if outcome.state == "accepted":
        return "全部已有答复，下一夜起接收。", "All is answered: accepted from the next night on."
    if outcome.state == "held":
        count = outcome.open_count
        return f"还有 {count} 条没有答复，仍待核实。", f"{count} more wait for an answer: still held."
    left, count = outcome.version_left, outcome.open_count
    zh = f"第 {left} 版重新有效。" if left else "没有有效的一版，按未报计。"
    en = f"version {left} counts again." if left else "no version is left that counts: it is not reported."
    if count:  # the version goes as a whole, and what else was asked of it with it
        zh += f"这一版另有 {count} 条不用再答复，重报时一并改正或说明。"
        en += f" The {count} others of this version need no answer: the next one mends or explains them."
    return f"下一夜起整份退回，{zh}", f"Rejected from the next night on; {en}"


def _age_days(one: "Told", now: datetime) -> int:
    """Days since it is known, by the last published night, as mart.quality_finding counts them."""
    return (now.date() - one.since_on).days


def _show_list(speech: Speech, chosen: "list[Told]", now: datetime) -> None:
    """A heading for each report, and below it its findings, no wider than the window."""
    say = speech.say
    console = Console(highlight=False, markup=False)
    for _, findings in groupby(chosen, key=lambda one: one.submission_id):
        of_report = list(findings)
        first = of_report[0]
        month = f"{first.report_month:%Y-%m}" if first.report_month else None
        days = max(_age_days(one, now) for one in of_report)
        waits = any(one.is_open or one.awaits_report for one in of_report)
        form = say(first.form or first.form_code, first.form_code) if first.form_code else None
        version = say(f"第 {first.version} 版", f"version {first.version}") if first.version else None
        heading = say(" · ", ", ").join(
            text for text in (
                first.unit or "?", form, month, version,
                word("submission", "state", first.submission_state, speech.lang),
                say(f"已等 {days} 天", f"waiting {days} days") if waits else None,
            ) if text
        )  # fmt: skip
        for line in folded(heading, console.width):
            console.print(Text(line, "bold"), soft_wrap=True)
        for one in of_report:
            _show_one(console, one, speech)
    waiting = sum(one.is_open and one.severity == "warning" for one in chosen)
    mended = sum((one.is_open and one.severity == "critical") or one.awaits_report for one in chosen)
    console.print(
        say(
            f"共 {len(chosen)} 条：{waiting} 条等说明、放行或认定，{mended} 条等重报。",
            f"{len(chosen)} findings: {waiting} to be explained, waived or upheld, {mended} to be sent again.",
        )
    )


def _show_one(console: Console, one: "Told", speech: Speech) -> None:
    """A finding: its id, its place and who mends it on one line, then what it says."""
    say = speech.say
    severity = word("finding", "severity", one.severity, speech.lang)
    state = () if one.shown_state == "open" else (_state(one, speech),)
    facts = (one.cell or say("整份", "the whole"), severity, _owner(one, speech), *state)
    console.print(
        Text.assemble(
            "  ", (one.short_id, f"bold {COLOURS[one.severity]}"), "  ", _plain(" · ".join(filter(None, facts)))
        ),
        soft_wrap=True,
    )
    message = say(one.message_zh, one.message_en)
    beside = [
        f"{name} {text}"
        for name, text in (
            (say("查到", "found"), _worded(one.found, speech)),
            (say("应为", "expected"), _worded(one.expected, speech)),
        )
        if text and text not in message and not (speech.lang == "en" and HAN.search(text))
    ]  # fmt: skip
    for text, style in ((message, ""), (say("；", "; ").join(beside), "dim")):
        for line in folded(text, console.width - INDENT):
            console.print(Text(" " * INDENT + line, style), soft_wrap=True)


def _owner(one: "Told", speech: Speech) -> str:
    words = importlib.import_module("jindu.finding").OWNER_WORDS
    return str(words.get(one.owner, one.owner)) if speech.lang == "en" else one.owner


def _worded(text: str | None, speech: Speech) -> str | None:
    """What was found or expected in the reader's language, as far as it is no name."""
    if text is None or speech.lang != "en":
        return text
    return str(importlib.import_module("jindu.finding").english(text))


def _state(one: "Told", speech: Speech) -> str:
    words = importlib.import_module("jindu.finding").STATE_WORDS[one.shown_state]
    pending = speech.say("，下一夜计入", ", counts from the next night") if one.is_pending else ""
    return speech.say(*words) + pending


def _plain(text: str) -> str:
    """A text on one line, without what would move the cursor."""
    return "".join(one if one.isprintable() else " " for one in text).translate(WIDE_QUOTES)


def _facts(desk: "FindingDesk", one: "Told", speech: Speech) -> list[tuple[str, str]]:
    say = speech.say
    month = f"{one.report_month:%Y-%m}" if one.report_month else "—"
    lock = f"{one.lock_on}" if one.lock_on else "—"
    submission_state = word("submission", "state", one.submission_state, speech.lang)
    facts = [
        (say("问题编号", "finding"), one.finding_id),
        (say("单位", "unit"), f"{one.unit or '—'} {one.org_unit_code or ''}".strip()),
        (say("报表", "form"), say(f"{one.form or '—'} {month} 第 {one.version or '?'} 版（{submission_state}）",
                                f"{one.form_code or '—'}, {month}, version {one.version or '?'} ({submission_state})")),
        (say("收到", "received"), f"{one.received_at:%Y-%m-%d %H:%M}"),
        (say("锁定日", "lock day"), lock),
        (say("位置", "where"), f"{one.sheet_name or '—'} {one.cell or ''}".strip()),
        (say("指标", "indicator"), say(one.indicator_zh or "—", one.indicator_en or "—")),
        (say("规则", "rule"), f"{one.rule_code}（{word('finding', 'severity', one.severity, 'zh')}）"
         if speech.lang != "en" else f"{one.rule_code} ({one.severity})"),
        (say("查到", "found"), _worded(one.found, speech) or "—"),
        (say("应为", "expected"), _worded(one.expected, speech) or "—"),
        (say("说明", "message"), say(one.message_zh, one.message_en)),
        (say("谁改", "who mends it"), _owner(one, speech) or "—"),
        (say("状态", "state"), _state(one, speech)),
    ]  # fmt: skip
    if one.settled_by_id:
        facts.append((say("此前的答复", "answered by"), one.settled_by_id))
    if decision := desk.decision(one.decision_id):
        facts.append((say("决定", "decision"), f"{decision.decision_id} {decision.recorded_at:%Y-%m-%d %H:%M}"))
        facts.append((say("决定人", "decided by"), decision.by))
        facts.append((say("理由", "reason"), decision.reason))
    return [(name, _plain(text)) for name, text in facts]


def _as_json(one: "Told", now: datetime, speech: Speech) -> dict[str, Any]:
    """The same for a machine; the names are promised."""
    return {
        "finding_id": one.finding_id,
        "submission_id": one.submission_id,
        "org_unit_code": one.org_unit_code,
        "unit": one.unit,
        "form_code": one.form_code,
        "report_month": f"{one.report_month:%Y-%m}" if one.report_month else None,
        "version": one.version,
        "submission_state": one.submission_state,
        "received_at": one.received_at.isoformat(),
        "lock_on": one.lock_on.isoformat() if one.lock_on else None,
        "age_days": _age_days(one, now),
        "sheet_name": one.sheet_name,
        "cell": one.cell,
        "indicator_code": one.indicator_code,
        "rule_code": one.rule_code,
        "severity": one.severity,
        "owner": one.owner,
        "found": one.found,
        "expected": one.expected,
        "message": speech.say(one.message_zh, one.message_en),
        "state": one.state,
        "is_pending": one.is_pending,
        "decision_id": one.decision_id,
        "settled_by_id": one.settled_by_id,
    }
