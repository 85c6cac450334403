"""What all commands that record an operator's decision about reports share: their options, and what they say."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click

from jindu.commands.target import by_option, dry_option
from jindu.settings import OFFICE_TIMEZONE, JinduError, parse_as_of
from jindu.spoken import Speech, home_option, language_option, option, reference_option

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
NIGHTS_NAMED = 3

reason_option = option(
    "--reason",
    "理由；只留在本机，不公布，不要写身份证号、电话。",
    "Why; stays on this machine, is never published: no ID-card or telephone numbers.",
    required=True,
)
at_option = option(
    "--at",
    "决定的时间，如 2024-10-09T15:00；缺省为此刻，不能是将来。",
    "When it was decided, such as 2024-10-09T15:00. Default: now; never a moment to come.",
    default=None,
)


def decision_options(function: Decorated) -> Decorated:
    """The options of who decided, why and when, and of where."""
    for one in (language_option, reference_option, home_option, dry_option, at_option, by_option, reason_option):
        function = one(function)
    return function


def moment_of(text: str | None) -> datetime:
    """When something was decided; None is now."""
    try:
        return parse_as_of(text)
    except JinduError as error:
        raise JinduError(
            f"--at 的“{text}”不是时间，请写成 2024-10-09T15:00。",
            f"--at {text!r} is no moment; write it as 2024-10-09T15:00.",
        ) from error


def say_trial(speech: Speech) -> None:
    """Tell that nothing was recorded."""
    click.echo(speech.say("试算，没有记下。", "A trial: nothing was recorded."))


def say_recorded(speech: Speech, decision_id: str, moment: datetime) -> None:
    """Tell under which number a decision was recorded, and which nights count it."""
    click.echo(
        speech.say(
            f"已记下决定 {decision_id}。截至 {moment:%Y-%m-%d %H:%M} 及以后的 jindu run 计入。",
            f"Recorded as decision {decision_id}. A jindu run as of {moment:%Y-%m-%d %H:%M} or later counts it.",
        )
    )


def warn_of_nights(speech: Speech, nights: Sequence[datetime]) -> None:
    """Tell which published nights would answer otherwise if they were asked again (domain.md, As-of)."""
    if not nights:
        return
    shown = [f"{night.astimezone(OFFICE_TIMEZONE):%Y-%m-%d %H:%M}" for night in nights]
    named = "、".join(shown[-NIGHTS_NAMED:])
    click.echo(
        speech.say(
            f"注意：这个时间以后已经定稿过 {len(shown)} 次（最近的是 {named}）。记在这个时间，"
            "以后再查那几夜的数，答案会与当时公布的不同；不写 --at，记在此刻，那几夜的数就不变。",
            f"Note: {len(shown)} nights after this moment are published already, the last {', '.join(shown[-1:])}. "
            "Recorded at this moment, the figures as of those nights change when they are asked for again; "
            "without --at it is recorded now, and they stay as they were.",
        ),
        err=True,
    )
