"""jindu rebuild: the private database anew."""

import importlib
from pathlib import Path

import click
from rich.console import Console

from jindu import night
from jindu.lock import locked
from jindu.logfile import log_to
from jindu.report.terminal import StepLines
from jindu.settings import home_folder, reference_folder
from jindu.spoken import (
    DONE,
    NEEDS_PERSON,
    Speech,
    SpokenCommand,
    both,
    home_option,
    language_option,
    reference_option,
)

TABLES_SHOWN = 10


@click.command(
    "rebuild",
    cls=SpokenCommand,
    help=both(
        "用归档、决定和参考数据重建工作数据库（warehouse.duckdb），截至最近一次发布了数据的运行；中途停下，原库不变。\n\n"
        "重建后与原库逐表比较 reference、core、check、mart。已发布的数据不动。\n\n"
        "退出码：0 完成；1 完成但与原库有出入，或关口不合格；2 未完成。",
        "Build the private database (warehouse.duckdb) anew from archive, decisions and reference folder, as of the "
        "last night that published; interrupted, the old one stays.\n\n"
        "Afterwards reference, core, check and mart are compared with the old one, table by table. "
        "What is published is not touched. Exit code: 0 done; 1 done, but other than the old one, or a gate failed; "
        "2 not done.",
    ),
    epilog=both("  jindu rebuild --home /data/jindu", "  jindu --lang en rebuild --home /data/jindu"),
)
@home_option
@reference_option
@language_option
@click.pass_obj
def command(speech: Speech, home: Path | None, reference: Path | None) -> int:
    """The steps of a night, without collecting, publishing or telling."""
    here = home_folder(home)
    folder = reference_folder(reference, here)
    rebuilding = importlib.import_module("jindu.rebuild")  # DuckDB, and Great Expectations when it judges
    with locked(here), locked(here, path=here.delivery_lock):
        log_to(here.root)
        night.watchers[:] = [StepLines(Console(stderr=True, highlight=False, markup=False), speech.lang)]
        outcome = rebuilding.rebuild(here, folder, night.watched)
    click.echo(
        speech.say(
            f"已重建 {here.private_database}，截至 {outcome.as_of:%Y-%m-%d %H:%M}。",
            f"Rebuilt {here.private_database} as of {outcome.as_of:%Y-%m-%d %H:%M}.",
        )
    )
    for error in outcome.failed_gates:
        click.echo(error.message(speech.lang), err=True)
    count, differing, schemas = outcome.tables_count, outcome.differing, ", ".join(rebuilding.COMPARED)
    if differing is None:
        click.echo(speech.say("没有可比的原库。", "There was no old database to compare it with."))
    elif not differing:
        click.echo(
            speech.say(
                f"与原库逐表相同：{schemas} 共 {count} 张。",
                f"The same as the old one, table by table: {count} of {schemas}.",
            )
        )
    else:
        names = ", ".join(differing[:TABLES_SHOWN]) + (" …" if len(differing) > TABLES_SHOWN else "")
        click.echo(
            speech.say(
                f"{schemas} 的 {count} 张表中 {len(differing)} 张与原库不同（程序、参考数据或决定有变时如此）：{names}",
                f"{len(differing)} of {count} tables of {schemas} differ from the old one "
                f"(as they do when program, reference data or decisions have changed): {names}",
            )
        )
    click.echo(
        speech.say(
            "raw 照归档和流水取回；只有以前各夜的问题清单取不回来，各夜的判定和关口结果都在。",
            "raw is recalled from archive and journals, all but the lists of findings of earlier nights; "
            "those nights' verdicts and gate results are there.",
        )
    )
    return NEEDS_PERSON if differing or outcome.failed_gates else DONE
