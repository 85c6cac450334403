"""jindu bulletin: the bulletin of a month."""

import importlib
from pathlib import Path

import click

from jindu.logfile import log_to
from jindu.settings import JinduError, home_folder
from jindu.spoken import DONE, NEEDS_PERSON, Speech, SpokenCommand, both, home_option, language_option


@click.command(
    "bulletin",
    cls=SpokenCommand,
    help=both(
        "写出一个月的通报：Word、Excel，这台机器有 Chromium 时还有 PDF，放进 bulletin/2024-09/。\n\n"
        "月份写成 2024-09，缺省为报出期限已过的最近一个月。改动过的文件不会被覆盖，新的写在旁边。夜间运行到每月的 "
        "bulletin_day（setting.csv，缺省 16 日）自动写一次。网页上的链接随之更新。\n\n"
        "退出码：0 已写出；1 有 Chromium 却没有打印出 PDF；2 未完成。",
        "Write the bulletin of a month: Word, Excel, and a PDF where this machine has a Chromium, into "
        "bulletin/2024-09/.\n\n"
        "The month as 2024-09; by default the latest whose due day has passed. Files that somebody has edited are "
        "never replaced: new ones are written beside them. The night writes it by itself from bulletin_day of a month "
        "on (setting.csv, default 16). The pages lead to the new one at once. With --lang en in English.\n\n"
        "Exit code: 0 written; 1 a Chromium is there and printed no PDF; 2 not done.",
    ),
    epilog=both("  jindu bulletin 2024-09 --home /data/jindu", "  jindu --lang en bulletin 2024-09 --home /data/jindu"),
)
@click.argument("month", metavar="[MONTH]", required=False)
@home_option
@language_option
@click.pass_obj
def command(speech: Speech, month: str | None, home: Path | None) -> int:
    """Read from the published copy alone: it may be written while a night is at work."""
    here = home_folder(home)
    asked = None
    if month is not None:
        asked = importlib.import_module("jindu.workbooks.numbers").parse_month(month)
        if asked is None:
            raise JinduError(f"“{month}”不是月份，请写成 2024-09。", f"{month!r} is no month; write it as 2024-09.")
    if here.published.exists():
        log_to(here.root)
    written = importlib.import_module("jindu.bulletin.files").write_month(here, asked, lang=speech.lang)  # DuckDB
    for path in written.files:
        click.echo(str(path))
    for path in written.kept:
        click.echo(
            speech.say(f"{path.name} 有人改动过，没有覆盖。", f"{path.name} was edited by somebody and is kept."),
            err=True,
        )
    if importlib.import_module("jindu.site.write").show_issue(here):
        click.echo(speech.say("网页上的通报已换成这一份。", "The pages lead to this bulletin now."), err=True)
    if written.without_pdf_zh:
        click.echo(speech.say(f"{written.without_pdf_zh}。", f"{written.without_pdf_en}."), err=True)
    return NEEDS_PERSON if written.is_broken else DONE
