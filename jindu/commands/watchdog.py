"""jindu watchdog: for cron and monitors."""

from datetime import datetime
from pathlib import Path

import click

from jindu.alerts.office import Told
from jindu.settings import OFFICE_TIMEZONE, home_folder
from jindu.spoken import (
    DONE,
    NEEDS_PERSON,
    NOT_DONE,
    Speech,
    SpokenCommand,
    both,
    home_option,
    language_option,
    option,
    reference_option,
)
from jindu.watchdog import watch_over


@click.command(
    "watchdog",
    cls=SpokenCommand,
    help=both(
        "看夜间运行是否正常：失败、停住不动、没有进行、已发布的数据过旧或打不开。有问题就告知统筹人员，同一问题每天一次。\n\n"
        "供 cron 或监控使用，不需要数据库，也不需要 Prefect。"
        "退出码：0 正常；1 有问题，已告知；2 有问题而没有人收到，或无法查看。",
        "See whether the nights are well: failed, hanging, did not happen, published data stale or damaged. "
        "Whoever runs the office is told, once a day of the same fault.\n\n"
        "For cron or a monitor; needs neither the database nor Prefect. Exit code: 0 well; 1 something is wrong, and "
        "told; 2 something is wrong and somebody was not reached, or it could not look.",
    ),
    epilog=both("  jindu watchdog --home /data/jindu", "  jindu --lang en watchdog --home /data/jindu"),
)
@home_option
@reference_option
@option("--dry-run", "只看，不发送。", "Look and send nothing.", is_flag=True, default=False)
@language_option
@click.pass_obj
def command(speech: Speech, home: Path | None, reference: Path | None, dry_run: bool) -> int:
    """One look; the first line says all, for monitors that show one."""
    here = home_folder(home)
    found = watch_over(here, reference, datetime.now(OFFICE_TIMEZONE), is_dry=dry_run)
    if not found:
        click.echo(speech.say("夜间运行正常。", "The nights are well."))
        return DONE
    for told in found:
        _show(speech, told)
    return NOT_DONE if any(told.unreached for told in found) else NEEDS_PERSON


def _show(speech: Speech, told: Told) -> None:
    fault = told.fault
    click.echo(speech.say(fault.zh, fault.en))
    for line in speech.say(
        f"{fault.detail_zh}\n{fault.remedy_zh}", f"{fault.detail_en}\n{fault.remedy_en}"
    ).splitlines():
        if line:
            click.echo(f"  {line}")
    for names, zh, en in (
        (told.sent, "已告知", "told"),
        (told.filed, "没有通道，写入 outbox/，请转交", "no channel: hand over what lies in outbox/ to"),
        (told.earlier, "今天已告知过", "told earlier today"),
        (told.quiet, "在免打扰时段，过后再告知", "quiet hours, told after them"),
    ):
        if names:
            click.echo("  " + speech.say(f"{zh}：{'、'.join(names)}", f"{en}: {', '.join(names)}"))
    for name, error in told.unreached:
        click.echo("  " + speech.say(f"没有送到 {name}：{error.message_zh}", f"{name} not reached: {error.message_en}"))
