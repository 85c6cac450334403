"""jindu correct: a value that was telephoned in."""

import importlib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jindu.commands.decision import decision_options, moment_of, say_recorded, say_trial, warn_of_nights
from jindu.commands.target import TargetCommand
from jindu.decisions import check_said, deciding, record
from jindu.settings import JinduError, home_folder, reference_folder
from jindu.spoken import DONE, NEEDS_PERSON, Speech, both, option

if TYPE_CHECKING:
    from jindu.submission import Subject, SubmissionDesk

KIND = "correction"


@click.command(
    "correct",
    cls=TargetCommand,
    help=both(
        "记下单位电话更正的数：只改写出的那几栏，从下一夜起计入，凡显示这个数的地方都标明是电话更正。\n\n"
        "此后收到这张报表的新版，以新版为准；更早收到的不改它。数值照说的写，如 1,700、3000万元、95%。\n\n"
        "退出码：0 完成；1 已记下，但与前后月份对不上，或 --at 早于已定稿的某一夜；2 未完成。",
        "Record a value that a unit telephoned in: only the measures that are given, from the next night on; wherever "
        "the value shows, it is marked as a correction.\n\n"
        "A version of the form that comes afterwards takes its place, one that came before does not. Write the value "
        "as it is said: 1,700, 3000万元, 95%.\n\n"
        "Exit code: 0 done; 1 recorded, but at odds with the months around it, or --at lies before a published night; "
        "2 not done.",
    ),
    epilog=both(
        "  jindu correct 990101001001 visits 2024-09 --month-value 12 --reason 少报一户 --by 统筹办 --dry-run"
        " --home /data/jindu",
        "  jindu --lang en correct 990101001001 visits 2024-09 --month-value 12 --reason 'one left out' --by office"
        " --dry-run --home /data/jindu",
    ),
)
@click.argument("unit", metavar="UNIT")
@click.argument("indicator", metavar="INDICATOR")
@click.argument("month", metavar="MONTH")
@option("--month-value", "本月数。", "The month's value.", default=None)
@option("--ytd-value", "本年累计。", "The year to date.", default=None)
@option("--prior-ytd-value", "上年同期累计。", "Last year to date.", default=None)
@option("--finished-on", "完成日期，如 2024-09-30。", "The day it was finished, such as 2024-09-30.", default=None)
@option(
    "--not-applicable",
    "这个月没有这一项（不适用）；不能同时写数值。也可以写 --month-value 不适用。",
    "There is no such thing this month; no value stands beside it. --month-value 不适用 says the same.",
    is_flag=True,
    default=False,
)
@decision_options
@click.pass_obj
def command(  # noqa: PLR0913  (an argument per option)
    speech: Speech,
    /,
    unit: str,
    indicator: str,
    month: str,
    *,
    reason: str,
    by: str,
    at: str | None,
    dry_run: bool,
    home: Path | None,
    reference: Path | None,
    not_applicable: bool,
    **measures: str | None,
) -> int:
    """What is known and what was told, and then the line in the journal."""
    here, moment = home_folder(home), moment_of(at)
    check_said(by, reason, moment)
    submission = importlib.import_module("jindu.submission")  # DuckDB and the models
    with deciding(here), submission.SubmissionDesk(here, reference_folder(reference, here), moment) as desk:
        subject = desk.subject(unit, indicator, month)
        desk.refuse_empty(reason)
        told = _told(desk, subject, measures, not_applicable)
        _show(speech, desk, subject, told)
        doubts = desk.doubts(subject, told)
        nights = desk.nights_after(moment)
        warn_of_nights(speech, nights)
        for doubt in doubts:
            click.echo(speech.say(f"注意：{doubt.zh}", f"Note: {doubt.en}"), err=True)
        if dry_run:
            say_trial(speech)
            return NEEDS_PERSON if doubts or nights else DONE
        payload = submission.payload_of(subject, told)
        decision = record(here, KIND, by=by, reason=reason, payload=payload, recorded_at=moment)
    say_recorded(speech, decision.decision_id, moment)
    return NEEDS_PERSON if doubts or nights else DONE


def _told(
    desk: "SubmissionDesk", subject: "Subject", measures: dict[str, str | None], not_applicable: bool
) -> dict[str, Decimal | date]:
    """What was told, by measure; nothing where the month does not apply."""
    said = [text for text in measures.values() if text is not None]
    if not_applicable or any(desk.says_not_applicable(text) for text in said):
        if any(not desk.says_not_applicable(text) for text in said):
            raise JinduError(
                "不适用就没有数值：两者只能写一样。",
                "What does not apply has no value: say one of the two.",
            )
        return {}
    told: dict[str, Decimal | date] = {
        name: desk.day(text) if name == "finished_on" else desk.value(subject, text)
        for name, text in measures.items()
        if text is not None
    }
    if not told:
        raise JinduError(
            "请写出更正的数：--month-value、--ytd-value、--prior-ytd-value 或 --finished-on；"
            "没有这一项写 --not-applicable。",
            "Say what is corrected: --month-value, --ytd-value, --prior-ytd-value or --finished-on; "
            "or that there is no such thing: --not-applicable.",
        )
    return told


def _show(speech: Speech, desk: "SubmissionDesk", subject: "Subject", told: dict[str, Decimal | date]) -> None:
    words = importlib.import_module("jindu.submission").MEASURES
    unit, row, month = subject.unit, subject.indicator, subject.month
    name = speech.say(f"“{row['name_zh']}”", row.get("name_en") or row["name_zh"])
    click.echo(f"{unit['name']} {month:%Y-%m} {name}（{row['unit']}）" if speech.lang != "en"
               else f"{unit['name']}, {month:%Y-%m}, {name} ({row['unit']})")  # fmt: skip
    known = desk.known(subject).get(month, (None, None))
    before = dict(zip(("month_value", "ytd_value"), known, strict=True))
    if not told:
        click.echo(speech.say("  不适用", "  not applicable"))
    for measure, value in told.items():
        was = before.get(measure)
        now = value.isoformat() if isinstance(value, date) else f"{value.normalize():f}"
        was_zh, was_en = ("", "") if was is None else (f"{was.normalize():f} → ", f"{was.normalize():f} → ")
        zh, en = words[measure]
        click.echo(speech.say(f"  {zh} {was_zh}{now}", f"  {en} {was_en}{now}"))
