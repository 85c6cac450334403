"""jindu template: the forms that go out to the senders."""

import importlib
from datetime import date
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from jindu.settings import JinduError, home_folder, parse_as_of, reference_folder
from jindu.spoken import DONE, Speech, SpokenCommand, both, home_option, language_option, option, reference_option
from jindu.workbooks.numbers import parse_month


@click.command(
    "template",
    cls=SpokenCommand,
    help=both(
        "生成下发的报表模板：已知的数已填好，只能填该填的格，边填边自检。",
        "Write the forms that go out: known figures filled in, only the cells to fill unlocked, checked while typing.",
    ),
    epilog=both(
        "  jindu template --home /data/jindu --month 2024-10 --unit 990101001001",
        "  jindu --lang en template --home /data/jindu --month 2024-10 --unit 990101001001",
    ),
)
@option(
    "--unit",
    "填报单位代码，可重复；缺省为所有单位。",
    "Code of a sender; may be repeated. Default: all.",
    multiple=True,
)
@option("--form", "报表代码，可重复；缺省为所有报表。", "Code of a form; may be repeated. Default: all.", multiple=True)
@option(
    "--month",
    "报告期，如 2024-10；缺省为下一个到期的月份。",
    "The report month, such as 2024-10. Default: the one whose report is due next.",
)
@option(
    "--output",
    "写到这个文件夹下，每月一个子文件夹；缺省为工作目录的 templates。",
    "Write below this folder, a folder per month. Default: templates in the home.",
    type=click.Path(path_type=Path, file_okay=False),
)
@home_option
@reference_option
@option("--as-of", "以哪一刻为“现在”；缺省为此刻。", "The moment that counts as now. Default: now.")
@language_option
@click.pass_obj
def command(  # noqa: PLR0913, PLR0917  (an argument per option)
    speech: Speech,
    unit: tuple[str, ...],
    form: tuple[str, ...],
    month: str | None,
    output: Path | None,
    home: Path | None,
    reference: Path | None,
    as_of: str | None,
) -> int:
    """Forms for one or all; what the last published night knew is filled in."""
    here = home_folder(home)
    folder = reference_folder(reference, here)
    moment, report_month = parse_as_of(as_of), _month(month)
    history = here.history if here.history.is_file() else None
    target = (output or here.templates).expanduser().resolve()
    write_templates = importlib.import_module("jindu.template").write_templates  # DuckDB and XlsxWriter
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn())
    console = Console(stderr=True)
    kept: list[Path] = []
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(speech.say("生成报表模板", "Writing forms"), total=None)
        written = write_templates(
            folder,
            history,
            moment,
            target,
            month=report_month,
            units=unit,
            forms=form,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
            keep=kept.append,
        )
    if history is None:
        click.echo(
            speech.say(
                "还没有历史数据（首次 jindu run 之后才有），上月累计和上年同期累计留空。",
                "There is no history yet (the first jindu run makes it): last month's and last year's are blank.",
            ),
            err=True,
        )
    for path in kept:
        click.echo(
            speech.say(
                f"原来的文件有人填过，已改名保留：{path.name}",
                f"A file there had been worked in and is kept as {path.name}",
            )
        )
    where = written[0] if len(written) == 1 else target
    months = "、".join(sorted({path.parent.name for path in written}))
    click.echo(
        speech.say(
            f"已生成 {len(written)} 份报表模板（{months}）：{where}",
            f"{len(written)} form{'' if len(written) == 1 else 's'} written ({months.replace('、', ', ')}): {where}",
        )
    )
    return DONE


def _month(text: str | None) -> date | None:
    """The first day of the month named, None when none is."""
    if text is None:
        return None
    month = parse_month(text)
    if month is None:
        raise JinduError(
            f"--month 的“{text}”不是月份，请写成 2024-10。", f"--month {text!r} is no month; write it as 2024-10."
        )
    return month
