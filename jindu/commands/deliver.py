"""jindu deliver: the digests alone."""

from datetime import datetime
from pathlib import Path

import click

from jindu import night
from jindu.alerts.channel import ChannelError
from jindu.delivery import deliver_published, preview_published
from jindu.lock import lock_holder
from jindu.logfile import log_to
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError, home_folder
from jindu.spoken import DONE, NEEDS_PERSON, Speech, SpokenCommand, both, home_option, language_option, option


@click.command(
    "deliver",
    cls=SpokenCommand,
    help=both(
        "发送提醒：已发布而尚未告知的事项，每个接收人一份。\n\n"
        "夜间运行正在进行时先等它结束。退出码：0 全部送达，在免打扰时段的过后再发；1 有人未送达，下次再发；2 未完成。",
        "Send the digests: what is published and has not been told, one for each recipient.\n\n"
        "Waits for a running night. Exit code: 0 all arrived, or put off until quiet hours are over; 1 somebody not "
        "reached, to be tried again; 2 not done.",
    ),
    epilog=both(
        "  jindu deliver --home /data/jindu\n  jindu deliver --home /data/jindu --dry-run",
        "  jindu --lang en deliver --home /data/jindu\n  jindu --lang en deliver --home /data/jindu --dry-run",
    ),
)
@home_option
@option(
    "--dry-run",
    "只显示将要发出的消息，不发送、不记录。",
    "Show the messages that would leave; nothing is sent or recorded.",
    is_flag=True,
    default=False,
)
@language_option
@click.pass_obj
def command(speech: Speech, home: Path | None, dry_run: bool) -> int:
    """A delivery without Prefect; its outcome is in raw.delivery."""
    here = home_folder(home)
    if not here.published.exists():
        raise JinduError(
            f"{here.root} 还没有发布过数据，没有可发的提醒。请先运行 jindu run。",
            f"Nothing is published in {here.root}, so there is nothing to tell. Run jindu run first.",
        )
    log_to(here.root)
    if holder := lock_holder(here):
        pid, doing = holder["pid"], holder["command"]
        click.echo(speech.say(f"等待进程 {pid}（{doing}）结束 …", f"Waiting for process {pid} ({doing}) …"), err=True)
    if dry_run:
        return _show(speech, here)
    night.watchers.clear()
    report = deliver_published(str(here.root))
    click.echo(speech.say(report.detail_zh, report.detail_en))
    return NEEDS_PERSON if report.unsent else DONE


def _show(speech: Speech, home: Home) -> int:
    """Print each message below a line that says to whom and through which channel it would go."""
    messages = preview_published(str(home.root))
    for recipient, channel, digest in messages:
        if isinstance(channel, ChannelError):
            way = speech.say(f"发不出：{channel.message_zh}", f"cannot be sent: {channel.message_en}")
        elif channel.url is None:
            way = "outbox/"
        else:
            way = f"{recipient.channel} ({channel.kind})"
        if recipient.is_quiet(datetime.now(OFFICE_TIMEZONE)):
            way += speech.say("（现在是免打扰时段，过后再发）", " (put off until quiet hours are over)")
        click.echo(f"=== {recipient.name} → {way} · {digest.digest_id}")
        for file in digest.files:
            click.echo(f"    + {file.name}")
        click.echo(digest.text)
    if not messages:
        click.echo(speech.say("没有新的提醒", "nothing new"))
    return DONE
