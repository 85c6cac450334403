"""jindu sample: an invented year to try."""

import importlib
import json
from pathlib import Path

import click

from jindu import night
from jindu.catalogue import load
from jindu.logfile import log_to
from jindu.settings import Home, JinduError, home_folder, reference_folder
from jindu.spoken import DONE, Speech, SpokenCommand, both, home_option, language_option, option, reference_option

SAMPLE_MARK = "sample.json"  # only a home that has it may be filled again with invented files


@click.command(
    "sample",
    cls=SpokenCommand,
    help=both(
        "生成一个虚构的示例工作目录，供试用；不会动已有真实报送的目录。",
        "Fill a home with an invented year of submissions to try; a home with real ones is left alone.",
    ),
    epilog=both("  jindu sample --home /data/jindu --seed 1", "  jindu --lang en sample --home /data/jindu --seed 1"),
)
@home_option
@reference_option
@option(
    "--seed", "随机种子：相同种子生成相同文件。", "The seed: the same seed makes the same files.", type=int, default=1
)
@language_option
@click.pass_obj
def command(speech: Speech, home: Path | None, reference: Path | None, seed: int) -> int:
    """An invented year, marked as such."""
    here = home_folder(home)
    folder = reference_folder(reference, here)
    night.take_lock(here)
    try:
        log_to(here.root)
        _refuse_real_home(here)
        catalogue = load(folder)
        generate = importlib.import_module("jindu.sample").generate  # polars and XlsxWriter, for this command alone
        (here.root / SAMPLE_MARK).write_text(json.dumps({"seed": seed}), encoding="utf-8")
        generate(here, catalogue, seed)
    finally:
        night.drop_lock(here)
    click.echo(speech.say(f"示例工作目录已生成：{here.root}", f"The sample home is ready: {here.root}"))
    return DONE


def _refuse_real_home(home: Home) -> None:
    """Raise JinduError when the inbox holds files and the home is no sample."""
    if (home.root / SAMPLE_MARK).exists() or not home.inbox.is_dir():
        return
    if any(path.is_file() for path in home.inbox.rglob("*")):
        raise JinduError(
            f"{home.inbox} 中已有文件，不能生成示例数据。请用 --home 指定一个空目录。",
            f"{home.inbox} holds files already, so no sample is put there. Name an empty folder with --home.",
        )
