"""jindu alert: what needs somebody, and who sees to it."""

import importlib
from datetime import date, datetime
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.text import Text

from jindu.commands.check import folded
from jindu.commands.decision import at_option, moment_of, say_recorded, say_trial, warn_of_nights
from jindu.commands.target import TargetCommand, by_option, dry_option
from jindu.decisions import check_said, deciding, record
from jindu.settings import OFFICE_TIMEZONE, JinduError, home_folder, reference_folder
from jindu.shown import UNKNOWN, word
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
    from jindu.alert import AlertDesk, Case, Happening

KIND = "alert"
INDENT = 4  # of what a case says, below its id
INNER_QUOTES = str.maketrans("“”", "『』")  # summaries stand in 「」, which terminals show “” as
COLOURS = {"high": "red", "medium": "yellow", "low": "dim"}
STATES = ("open", "notified", "acknowledged", "escalated", "resolved")  # domain.md, Alerts are cases
DEFAULT_REASON = {"ack": "知悉", "assign": "转办"}

reason_option = option(
    "--reason",
    "怎么办、为什么；只留在本机，不公布，不要写身份证号、电话。",
    "What is done, or why; stays on this machine, is never published: no ID-card or telephone numbers.",
    default="",
)
json_option = option("--json", "输出 JSON，供程序读取。", "JSON for a machine.", is_flag=True, default=False)


@click.group(
    "alert",
    cls=SpokenGroup,
    help=both(
        "提醒：一件事一条，从开立到解除；认领、暂缓、转办都是记下的决定，从下一夜起计入。\n\n"
        "认领：有人在办，不再升级；暂缓：到那一天为止不通知、不升级；转办：改由另一个提醒对象办。"
        "解除不用人说，数据好了自己解除。",
        "Alerts: one case for one matter, from opening to resolution. To acknowledge, snooze or assign one is a "
        "recorded decision that counts from the next night on.\n\n"
        "Acknowledged, somebody sees to it and it is not escalated; snoozed, it is neither told nor escalated until "
        "that day is over; assigned, another recipient is told of it. Nobody resolves a case: the data do.",
    ),
    epilog=both(
        "  jindu alert list --home /data/jindu\n"
        "  jindu alert ack 5d6e7f80 --by 统筹办 --reason 已约谈 --dry-run --home /data/jindu",
        "  jindu --lang en alert list --home /data/jindu\n"
        "  jindu --lang en alert ack 5d6e7f80 --by office --reason 'talked to them' --dry-run --home /data/jindu",
    ),
)
@language_option
def command() -> None:
    """The group."""


@command.command(
    "list",
    cls=TargetCommand,
    help=both(
        "没有解除的提醒，紧急的在前，同样紧急的最早的在前。\n\n退出码：0 没有等人认领的；1 有；2 未完成。",
        "What is not resolved, the most urgent and then the oldest first.\n\n"
        "Exit code: 0 nothing waits to be acknowledged; 1 something does; 2 not done.",
    ),
    epilog=both("  jindu alert list --home /data/jindu", "  jindu --lang en alert list --home /data/jindu"),
)
@option(
    "--everything",
    "也列出已解除的和由另一条代为说明的。",
    "Also what is resolved, and what another case speaks for.",
    is_flag=True,
    default=False,
)
@option("--unit", "只看一个单位（代码或简称）。", "One unit only (code or short name).", default=None)
@option("--kind", "只看一种提醒，如 behind。", "One kind only, such as behind.", default=None)
@option(
    "--owner",
    "只看一个责任方的，转办的算新的责任方。",
    "Of one owner only, or of whom it was assigned to.",
    default=None,
)
@option("--state", "只看一种状态，如 escalated。", "One state only, such as escalated.", default=None)
@json_option
@home_option
@language_option
@click.pass_obj
def list_command(  # noqa: PLR0913  (an argument per option)
    speech: Speech,
    *,
    everything: bool,
    unit: str | None,
    kind: str | None,
    owner: str | None,
    state: str | None,
    json: bool,
    home: Path | None,
) -> int:
    """A list that holds in 80 columns."""
    alert = importlib.import_module("jindu.alert")
    if kind is not None:
        kind = _known_kind(kind)
    if state is not None:
        state = _known_state(state)
    with alert.alert_desk(home_folder(home)) as desk:
        is_shown = everything or state == "resolved"
        chosen = [one for one in desk.cases if is_shown or (one.is_open and one.is_told)]
        if kind is not None:
            chosen = [one for one in chosen if one.kind == kind]
        if state is not None:
            chosen = [one for one in chosen if one.state == state]
        if owner is not None:
            chosen = desk.of_owner(chosen, owner)
        if unit is not None:
            chosen = desk.of_unit(chosen, unit)
        now = desk.published_at
    if json:
        click.echo(dumps([_as_json(one, speech) for one in chosen], ensure_ascii=False, indent=2))
    elif not chosen:
        click.echo(speech.say("没有未解除的提醒。", "No case is open."))
    else:
        _show_list(speech, chosen, now)
    return NEEDS_PERSON if any(one.waits for one in chosen) else DONE


@command.command(
    "show",
    cls=TargetCommand,
    help=both(
        "一条提醒的全部：什么事、差多少、谁负责、告诉了谁。编号写前几位即可。",
        "All about one case: what, by how much, whose it is, who is told. The first digits of its id will do.",
    ),
    epilog=both(
        "  jindu alert show 5d6e7f80 --home /data/jindu", "  jindu --lang en alert show 5d6e7f80 --home /data/jindu"
    ),
)
@click.argument("case_id", metavar="CASE_ID")
@json_option
@home_option
@language_option
@click.pass_obj
def show(speech: Speech, case_id: str, *, json: bool, home: Path | None) -> int:
    """One line per fact."""
    alert = importlib.import_module("jindu.alert")
    with alert.alert_desk(home_folder(home)) as desk:
        one = desk.one(case_id)
        if json:
            click.echo(dumps(_as_json(one, speech), ensure_ascii=False, indent=2))
        else:
            for name, text in _facts(desk, one, speech):
                click.echo(f"{name}{speech.say('：', ': ')}{text}")
    return DONE


@command.command(
    "history",
    cls=TargetCommand,
    help=both(
        "一条提醒从头到尾的经过，每件一行；谁决定的只在本机看得到。",
        "What became of one case, a line for each event; who decided is seen on this machine alone.",
    ),
    epilog=both(
        "  jindu alert history 5d6e7f80 --home /data/jindu",
        "  jindu --lang en alert history 5d6e7f80 --home /data/jindu",
    ),
)
@click.argument("case_id", metavar="CASE_ID")
@json_option
@home_option
@language_option
@click.pass_obj
def history(speech: Speech, case_id: str, *, json: bool, home: Path | None) -> int:
    """The events of the published copy, and who took the decisions among them."""
    alert = importlib.import_module("jindu.alert")
    with alert.alert_desk(home_folder(home)) as desk:
        one = desk.one(case_id)
        events = desk.history(one)
        decided = {decision.recorded_at: decision for decision in desk.decided(one)}
    if json:
        told = [{name: _plain(value) for name, value in vars(event).items()} for event in events]
        click.echo(dumps(told, ensure_ascii=False, indent=2))
        return DONE
    click.echo(f"{one.case_id}  {speech.say(one.summary_zh, one.summary_en)}")
    for event in events:
        decision = decided.get(event.happened_at)
        by = (
            speech.say(f"（{decision.by}：{decision.reason}）", f" ({decision.by}: {decision.reason})")
            if decision
            else ""
        )
        click.echo(f"  {event.happened_at:%Y-%m-%d %H:%M}  {_event(event, speech)}{by}")
    if one.pending is not None:
        click.echo(
            speech.say(
                f"  {one.pending.recorded_at:%Y-%m-%d %H:%M}  已记下决定 {one.pending.decision_id}，下一夜计入",
                f"  {one.pending.recorded_at:%Y-%m-%d %H:%M}  decision {one.pending.decision_id}, counts from "
                "the next night",
            )
        )
    return DONE


def _decide(speech: Speech, action: str, cases: tuple[str, ...], said: dict[str, Any], payload: dict[str, Any]) -> int:
    """What ack, snooze and assign share: look, tell, and write the line into the journal."""
    here, moment = home_folder(said["home"]), moment_of(said["at"])
    reason = said["reason"] or DEFAULT_REASON.get(action, "")
    check_said(said["by"], reason, moment)
    alert = importlib.import_module("jindu.alert")
    with deciding(here), alert.alert_desk(here) as desk:
        chosen = list({one.case_id: one for one in map(desk.one, cases)}.values())
        desk.refuse(chosen, action, moment)
        for one in chosen:
            click.echo(_done(one, action, payload, speech))
        nights = [desk.published_at] if desk.published_at >= moment else []
        warn_of_nights(speech, nights)
        if said["dry_run"]:
            say_trial(speech)
            return NEEDS_PERSON if nights else DONE
        payload = {"action": action, "cases": [one.case_id for one in chosen], **payload}
        decision = record(here, KIND, by=said["by"], reason=reason, payload=payload, recorded_at=moment)
    say_recorded(speech, decision.decision_id, moment)
    return NEEDS_PERSON if nights else DONE


@command.command(
    "ack",
    cls=TargetCommand,
    help=both("认领：有人在办，不再升级。", "Acknowledge: somebody sees to it; it is not escalated."),
    epilog=both(
        "  jindu alert ack 5d6e7f80 --by 统筹办 --reason 已约谈 --dry-run --home /data/jindu",
        "  jindu --lang en alert ack 5d6e7f80 --by office --reason 'talked to them' --dry-run --home /data/jindu",
    ),
)
@click.argument("cases", metavar="CASE_ID…", nargs=-1, required=True)
@reason_option
@by_option
@at_option
@dry_option
@home_option
@language_option
@click.pass_obj
def acknowledge(speech: Speech, /, cases: tuple[str, ...], **said: Any) -> int:
    """Somebody sees to it."""
    return _decide(speech, "ack", cases, said, {})


@command.command(
    "snooze",
    cls=TargetCommand,
    help=both(
        "暂缓：到那一天为止不通知、不升级；要写明为什么。",
        "Snooze: neither told nor escalated until that day is over; a reason is asked for.",
    ),
    epilog=both(
        "  jindu alert snooze 5d6e7f80 --until 2099-12-31 --by 统筹办 --reason 等区里批复 --dry-run --home /data/jindu",
        "  jindu --lang en alert snooze 5d6e7f80 --until 2099-12-31 --by office --reason 'the district decides'"
        " --dry-run --home /data/jindu",
    ),
)
@click.argument("cases", metavar="CASE_ID…", nargs=-1, required=True)
@option("--until", "到哪一天为止，如 2024-10-31。", "The last day of it, such as 2024-10-31.", required=True)
@reason_option
@by_option
@at_option
@dry_option
@home_option
@language_option
@click.pass_obj
def snooze(speech: Speech, /, cases: tuple[str, ...], **said: Any) -> int:
    """Not now."""
    until = _day(said["until"])
    if until < moment_of(said["at"]).astimezone(OFFICE_TIMEZONE).date():
        raise JinduError(f"--until {until} 已经过去。", f"--until {until} is over.")
    return _decide(speech, "snooze", cases, said, {"until": until.isoformat()})


@command.command(
    "assign",
    cls=TargetCommand,
    help=both(
        "转办：改由 recipient.csv 里的另一个科室或岗位办，下一次发送时告诉它。",
        "Assign: another department or post of recipient.csv is told of it with the next delivery.",
    ),
    epilog=both(
        "  jindu alert assign 5d6e7f80 --to 街道统筹办 --by 统筹办 --dry-run --home /data/jindu",
        "  jindu --lang en alert assign 5d6e7f80 --to 街道统筹办 --by office --dry-run --home /data/jindu",
    ),
)
@click.argument("cases", metavar="CASE_ID…", nargs=-1, required=True)
@option("--to", "转给谁，写 recipient.csv 里的名称。", "To whom: a name of recipient.csv.", required=True)
@reason_option
@by_option
@at_option
@dry_option
@home_option
@reference_option
@language_option
@click.pass_obj
def assign(speech: Speech, /, cases: tuple[str, ...], **said: Any) -> int:
    """Somebody else's."""
    alert = importlib.import_module("jindu.alert")
    reference = reference_folder(said["reference"], home_folder(said["home"]))
    return _decide(speech, "assign", cases, said, {"assignee": alert.recipient_named(reference, said["to"])})


def _known_kind(text: str) -> str:
    kinds = importlib.import_module("jindu.catalogue.tables").ALERT_KINDS
    found = [kind for kind, name in kinds.items() if text in (kind, name)]
    if not found:
        names = "、".join(f"{kind}（{name}）" for kind, name in kinds.items())
        raise JinduError(
            f"没有“{text}”这种提醒；有：{names}。", f"There is no kind {text!r}; there are: {', '.join(kinds)}."
        )
    return str(found[0])


def _known_state(text: str) -> str:
    states = {state: word("alert_case", "state", state, "zh") for state in STATES}
    found = [state for state, name in states.items() if text in (state, name)]
    if not found:
        names = "、".join(f"{state}（{name}）" for state, name in states.items())
        raise JinduError(
            f"没有“{text}”这种状态；有：{names}。", f"There is no state {text!r}; there are: {', '.join(states)}."
        )
    return found[0]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise JinduError(
            f"“{text}”不是日期，请写成 2024-10-31。", f"{text!r} is no day; write it as 2024-10-31."
        ) from error


def _done(one: "Case", action: str, payload: dict[str, Any], speech: Speech) -> str:
    words = {
        "ack": ("认领", "acknowledged"),
        "snooze": (f"暂缓到 {payload.get('until')}", f"snoozed until {payload.get('until')}"),
        "assign": (f"转给 {payload.get('assignee')}", f"assigned to {payload.get('assignee')}"),
    }[action]
    return f"{one.short_id}  {speech.say(*words)}{speech.say('：', ': ')}{speech.say(one.summary_zh, one.summary_en)}"


def _show_list(speech: Speech, chosen: "list[Case]", now: datetime) -> None:
    """Two lines for each case, no wider than the window."""
    say = speech.say
    console = Console(highlight=False, markup=False)
    for one in chosen:
        days = (now.date() - one.opened_at.date()).days
        facts = [
            word("alert_case", "kind", one.kind, speech.lang),
            word("alert_case", "severity", one.severity, speech.lang),
            _state(one, speech),
            say(f"{days} 天", f"{days} days") if one.is_open else f"{one.resolved_at:%Y-%m-%d}",
        ]
        console.print(
            Text.assemble("  ", (one.short_id, f"bold {COLOURS[one.severity]}"), "  ", " · ".join(facts)),
            soft_wrap=True,
        )
        whose = say(f"责任：{one.owner}", f"owner: {one.owner}") if one.owner else ""
        summary = say(f"{one.summary_zh.translate(INNER_QUOTES)}", f"{one.unit}: {one.summary_en}")
        for line in folded(say("；", "; ").join(filter(None, (summary, whose))), console.width - INDENT):
            console.print(Text(" " * INDENT + line), soft_wrap=True)
    waiting = sum(one.waits for one in chosen)
    console.print(
        say(
            f"共 {len(chosen)} 条，{waiting} 条还没有人认领。",
            f"{len(chosen)} cases, {waiting} not acknowledged by anybody.",
        )
    )


def _state(one: "Case", speech: Speech) -> str:
    told = word("alert_case", "state", one.state, speech.lang)
    if one.snoozed_until is not None and one.is_open:
        told += speech.say(f"，暂缓到 {one.snoozed_until}", f", snoozed until {one.snoozed_until}")
    if one.assignee is not None and one.is_open:
        told += speech.say(f"，转 {one.assignee}", f", with {one.assignee}")
    if one.pending is not None:
        told += speech.say("，另有决定下一夜计入", ", and a decision that counts from the next night")
    return told


def _event(event: "Happening", speech: Speech) -> str:
    told = word("alert_event", "event", event.event, speech.lang)
    if event.snoozed_until is not None:
        told += speech.say(f"到 {event.snoozed_until}", f" until {event.snoozed_until}")
    if event.assignee is not None:
        told += speech.say(f"给 {event.assignee}", f" to {event.assignee}")
    return told


def _facts(desk: "AlertDesk", one: "Case", speech: Speech) -> list[tuple[str, str]]:
    say = speech.say
    levels = (("开立时告知", "when it opens"), ("升级时告知", "when it is escalated"))
    told = [f"{name}{say('（', ' (')}{say(*levels[level])}{say('）', ')')}" for name, level in desk.told(one)]
    facts = [
        (say("提醒编号", "case"), one.case_id),
        (say("事由", "kind"), word("alert_case", "kind", one.kind, speech.lang)),
        (say("紧急程度", "severity"), word("alert_case", "severity", one.severity, speech.lang)),
        (say("单位", "unit"), f"{one.unit} {one.org_unit_code}"),
        (say("事项", "what"), say(one.summary_zh, one.summary_en)),
        (say("起始月", "since"), f"{one.since_month:%Y-%m}" if one.since_month else "—"),
        (say("责任部门", "owner"), one.owner or "—"),
        *_figures(one, speech),
        (say("进展", "state"), _state(one, speech)),
        (say("开立", "opened"), f"{one.opened_at:%Y-%m-%d %H:%M}"),
        (say("告知", "told"), say("、", ", ").join(told) or say("没有人", "nobody")),
        (say("页面", "page"), f"site/{'' if speech.lang == 'zh' else 'en/'}{one.page}"),
    ]
    if one.reopened_count:
        facts.append((say("重新开立", "came back"), say(f"{one.reopened_count} 次", f"{one.reopened_count} times")))
    if one.told_by_case_id:
        facts.append((say("由哪条说明", "told by"), one.told_by_case_id))
    for decision in desk.decided(one):
        facts.append(
            (say("决定", "decision"), f"{decision.decision_id} {decision.recorded_at:%Y-%m-%d %H:%M} {decision.by}"
             f"{say('：', ': ')}{decision.reason}")
        )  # fmt: skip
    return facts


def _figures(one: "Case", speech: Speech) -> list[tuple[str, str]]:
    """The figures of a target's case, as its digest has them."""
    figures = importlib.import_module("jindu.alerts.figures")
    say, lang = speech.say, speech.lang
    gap, need, end, odds = one.gap_value, one.needed_monthly_value, one.projected_value, one.probability_ratio
    names = (
        say("还差", "short by"),
        say("超出", "over by"),
        say("每月需完成", "needed a month"),
        say("每月需压降", "to fall a month"),
    )
    told = [
        (names[bool(gap and gap > 0)], gap and figures.difference(one, gap, lang)),
        (names[3 if need and need < 0 else 2], need and figures.needed(one, need, lang)),
        (say("预计年末值", "projected"), end is not None and figures.level(one, end, lang)),
        (say("完成把握", "chance"), odds is not None and figures.chance(odds)),
    ]
    return [(name, str(text or UNKNOWN)) for name, text in told] if one.indicator_code else []


def _as_json(one: "Case", speech: Speech) -> dict[str, Any]:
    """The same for a machine; the names are those of mart.alert_case."""
    told = {
        name: _plain(value) for name, value in vars(one).items() if name not in ("summary_zh", "summary_en", "pending")
    }
    return told | {
        "summary": speech.say(one.summary_zh, one.summary_en),
        "waits": one.waits,
        "pending_decision_id": one.pending.decision_id if one.pending else None,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if isinstance(value, str | int | bool) or value is None else str(value)
