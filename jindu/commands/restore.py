"""jindu restore: a home from a backup."""

import importlib
from pathlib import Path

import click

from jindu.settings import home_folder
from jindu.spoken import DONE, Speech, SpokenCommand, both, home_option, language_option


@click.command(
    "restore",
    cls=SpokenCommand,
    help=both(
        "把一份备份恢复成工作目录：逐个文件核对 SHA-256，有一个不对就什么也不恢复；只恢复到空的工作目录。\n\n"
        "然后用 jindu rebuild 重建工作数据库，用 jindu run 重新发布。",
        "Make a home of a backup: every file is compared with its SHA-256, and one that differs restores nothing; only "
        "into an empty home.\n\n"
        "Then jindu rebuild makes the private database anew, and jindu run publishes.",
    ),
    epilog=both(
        "  jindu restore /data/backup-zh --home /data/restored-zh",
        "  jindu --lang en restore /data/backup-en --home /data/restored-en",
    ),
)
@click.argument("place", metavar="DIR", type=click.Path(path_type=Path))
@home_option
@language_option
@click.pass_obj
def command(speech: Speech, place: Path, home: Path | None) -> int:
    """Whole, or not at all."""
    here = home_folder(home)
    restored = importlib.import_module("jindu.backup").restore(place.expanduser().resolve(), here)
    click.echo(
        speech.say(
            f"已恢复 {restored.made_at:%Y-%m-%d %H:%M} 的备份，{restored.files_count} 个文件，到 {here.root}。"
            f"接着运行 jindu rebuild --home {here.root}",
            f"Restored the backup of {restored.made_at:%Y-%m-%d %H:%M}, {restored.files_count} files, to {here.root}. "
            f"Now do jindu rebuild --home {here.root}",
        )
    )
    return DONE
