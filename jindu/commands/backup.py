"""jindu backup: a copy of what cannot be worked out again."""

import importlib
from pathlib import Path

import click

from jindu.settings import home_folder, reference_folder
from jindu.spoken import DONE, Speech, SpokenCommand, both, home_option, language_option, option, reference_option


@click.command(
    "backup",
    cls=SpokenCommand,
    help=both(
        "备份归档、决定和参考数据到一个空文件夹，附每个文件的 SHA-256；中途停下的备份没有清单，不能用来恢复。\n\n"
        "其余都能由它重建：先 jindu restore，再 jindu rebuild。",
        "Copy archive, decisions and reference folder into an empty folder, with a SHA-256 of each file; a backup that "
        "was interrupted has no manifest and is not restored.\n\n"
        "All else is rebuilt from it: jindu restore, then jindu rebuild.",
    ),
    epilog=both(
        "  jindu backup /data/backup-zh --home /data/jindu",
        "  jindu --lang en backup /data/backup-en --home /data/jindu",
    ),
)
@click.argument("place", metavar="DIR", type=click.Path(path_type=Path))
@option("--no-reference", "不含参考数据。", "Without the reference folder.", is_flag=True, default=False)
@home_option
@reference_option
@language_option
@click.pass_obj
def command(speech: Speech, place: Path, no_reference: bool, home: Path | None, reference: Path | None) -> int:
    """One folder, one backup."""
    here = home_folder(home)
    folder = None if no_reference else reference_folder(reference, here)
    made = importlib.import_module("jindu.backup").back_up(here, folder, place.expanduser().resolve())
    click.echo(
        speech.say(
            f"已备份到 {made.place}：{made.files_count} 个文件，{made.size_bytes / 1e6:.1f} MB。",
            f"Backed up to {made.place}: {made.files_count} files, {made.size_bytes / 1e6:.1f} MB.",
        )
    )
    return DONE
