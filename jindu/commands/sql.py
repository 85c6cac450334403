"""jindu sql: a question to the published database."""

import importlib
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jindu.settings import home_folder
from jindu.spoken import DONE, Speech, SpokenCommand, both, home_option, language_option, option

if TYPE_CHECKING:
    from jindu.query import Answer

ROWS_SHOWN = 200


@click.command(
    "sql",
    cls=SpokenCommand,
    help=both(
        "查询已发布的数据库（只读，不影响夜间运行，也碰不到别的文件）。\n\n"
        "不写查询：列出全部的表；只写一个表名：列出它的列；“-”：从标准输入读取。\n"
        "$as_of（最近一夜的截至时刻）、$month（报出期限已过的最近一个月）和 $office_code（本单位）自动带值，"
        "其余参数用 --set。",
        "Ask the published database: read-only, beside a night at work, with no other file within reach.\n\n"
        "No query: the tables; a table's name alone: its columns; '-': read from standard input.\n"
        "$as_of (the newest night's moment), $month (the latest whose due day has passed) and $office_code (the office "
        "itself) have values; give others with --set.",
    ),
    epilog=both(
        "  jindu sql --home /data/jindu 'from 排名 where 报告期 = $month limit 5'\n"
        "  jindu sql --home /data/jindu completion",
        "  jindu --lang en sql --home /data/jindu 'from mart.ranking where report_month = $month limit 5'\n"
        "  jindu --lang en sql --home /data/jindu completion",
    ),
)
@click.argument("query", metavar="[QUERY]", required=False)
@option("--file", "查询所在的文件。", "A file with the query.", type=click.Path(path_type=Path))
@option(
    "--set",
    "参数的值：名称=值，月份写成 2024-09；可写多次。",
    "A parameter's value, NAME=VALUE, a month as 2024-09; as often as needed.",
    multiple=True,
    metavar="NAME=VALUE",
)
@option("--csv", "输出 CSV（UTF-8），全部行。", "CSV (UTF-8), every row.", is_flag=True, default=False)
@option(
    "--output",
    "写入文件，按扩展名 .csv（带 BOM）、.xlsx 或 .parquet。",
    "Write a file, by its ending .csv (with BOM), .xlsx or .parquet.",
    type=click.Path(path_type=Path),
)
@option(
    "--rows",
    "屏幕上最多显示的行数。",
    "The most rows to show on the screen.",
    type=click.IntRange(min=1),
    default=ROWS_SHOWN,
)
@home_option
@language_option
@click.pass_obj
def command(  # noqa: PLR0913, PLR0917  (an argument per option)
    speech: Speech,
    query: str | None,
    file: Path | None,
    set: tuple[str, ...],  # noqa: A002  (the option's name)
    csv: bool,
    output: Path | None,
    rows: int,
    home: Path | None,
) -> int:
    """Read from the published copy alone."""
    asking = importlib.import_module("jindu.query")  # DuckDB
    export = importlib.import_module("jindu.export")
    if sum((csv, output is not None)) > 1 or (query and file):
        raise click.UsageError(
            speech.say(
                "--csv 与 --output、查询与 --file 只能取其一", "Give one of --csv and --output, of QUERY and --file"
            )
        )
    text = asking.read_query(file) if file else sys.stdin.read() if query == "-" else query or ""
    here = home_folder(home)
    with asking.asked(here, text, asking.given_values(set)) as answer:
        if csv:
            export.print_csv(answer, sys.stdout)
        elif output:
            count = export.write_answer(answer, here, output.expanduser())
            click.echo(speech.say(f"已写入 {output}：{count} 行。", f"{output} written: {count} rows."))
        else:
            _show(answer, rows, speech)
    return DONE


def _show(answer: "Answer", most: int, speech: Speech) -> None:
    """A table as wide as the terminal; where there is none, as wide as it is."""
    lines = importlib.import_module("jindu.report.answer").table_lines
    rows = answer.rows(most + 1)
    is_terminal = sys.stdout.isatty() or "COLUMNS" in os.environ
    width = shutil.get_terminal_size().columns if is_terminal else None
    click.echo("\n".join(lines(answer.columns, rows[:most], width, speech.lang)))
    if len(rows) > most:
        said = speech.say(
            f"只显示前 {most} 行；更多用 --rows、--csv 或 --output",
            f"the first {most} rows; --rows, --csv or --output for more",
        )
    else:
        said = speech.say(f"{len(rows)} 行", f"{len(rows)} row{'' if len(rows) == 1 else 's'}")
    sample = speech.say("；库中有示例数据", "; the database holds invented figures (示例)") if answer.has_sample else ""
    click.echo(speech.say(f"（{said}{sample}）", f"({said}{sample})"))
