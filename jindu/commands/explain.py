"""jindu explain: how one figure came about."""

import importlib
from pathlib import Path

import click
from rich.console import Console

from jindu.settings import home_folder
from jindu.spoken import DONE, Speech, SpokenCommand, both, home_option, language_option, option


@click.command(
    "explain",
    cls=SpokenCommand,
    help=both(
        "说明一个数是怎样得出的：哪份报表的哪个单元格，每一步怎么算，目标是哪一版，状态由哪条规则得出。\n\n"
        "单位、指标写代码或名称都可以；月份写成 2024-09（用“年”“月”写也可以），缺省为报出期限已过的最近一个月。",
        "Say how a figure came about: which cell of which report, each step of the arithmetic, the version of the "
        "target, and the rule that gave the status.\n\n"
        "Unit and indicator by code or name; the month as 2024-09. Default: the latest whose due day has passed.",
    ),
    epilog=both(
        "  jindu explain --home /data/jindu 990101001001 走访企业 2024-09",
        "  jindu --lang en explain --home /data/jindu 990101001001 enterprise_visited 2024-09",
    ),
)
@click.argument("unit", metavar="UNIT")
@click.argument("indicator", metavar="INDICATOR")
@click.argument("month", metavar="[MONTH]", required=False)
@option(
    "--cells",
    "上级单位也列出全部单元格。",
    "List every cell for a unit above, too.",
    is_flag=True,
    default=False,
)
@home_option
@language_option
@click.pass_obj
def command(  # noqa: PLR0913, PLR0917  (an argument per option)
    speech: Speech, unit: str, indicator: str, month: str | None, cells: bool, home: Path | None
) -> int:
    """Read from the published copy alone."""
    found = importlib.import_module("jindu.explain").explain(home_folder(home), unit, indicator, month)  # DuckDB
    show = importlib.import_module("jindu.report.explained").show_explanation
    is_sum = any(step.kind == "unit" for step in found.steps)
    show(Console(highlight=False), found.row, found.steps, speech.lang, with_cells=cells or not is_sum)
    return DONE
