"""jindu status: how a home is doing."""

from datetime import datetime
from json import dumps
from pathlib import Path

import click

from jindu.alerts.waiting import waiting_digests
from jindu.report.status import read_status, status_lines
from jindu.settings import OFFICE_TIMEZONE, home_folder
from jindu.spoken import DONE, NEEDS_PERSON, NOT_DONE, Speech, SpokenCommand, both, home_option, language_option, option


@click.command(
    "status",
    cls=SpokenCommand,
    help=both(
        "查看最近一次成功运行、数据新旧、未报、待核实、退回、未发出的提醒，以及需要人处理的事项。\n\n"
        "退出码：0 一切正常；1 有事项需要人处理；2 还没有发布过数据。",
        "The last good run, the age of the data, who is missing, held or rejected, what was not delivered, "
        "and what needs a person.\n\n"
        "Exit code: 0 all is well; 1 something needs a person; 2 nothing is published yet.",
    ),
    epilog=both("  jindu status --home /data/jindu --json", "  jindu --lang en status --home /data/jindu --json"),
)
@home_option
@option("--json", "输出 JSON，供程序读取。", "JSON for a machine.", is_flag=True, default=False)
@language_option
@click.pass_obj
def command(speech: Speech, home: Path | None, json: bool) -> int:
    """Read from the published copy and two small files: a night at work is not disturbed."""
    here = home_folder(home)
    found = read_status(here, datetime.now(OFFICE_TIMEZONE), waiting_digests(here))
    click.echo(
        dumps(found.as_json(), ensure_ascii=False, indent=2) if json else "\n".join(status_lines(found, speech.lang))
    )
    if found.summary is None:
        return NOT_DONE
    return NEEDS_PERSON if found.needs else DONE
