"""jindu new: a home for another office."""

import importlib
import shutil
import sys
from datetime import datetime
from pathlib import Path

import click

from jindu import new_office
from jindu.new_office import LEVEL_BELOW, Office, Unit
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError
from jindu.spoken import DONE, Speech, SpokenCommand, both, language_option, option

EXAMPLE_NAMES = {"district": "示例区", "subdistrict": "示例街道"}


@click.command(
    "new",
    cls=SpokenCommand,
    help=both(
        "为另一个单位建立工作目录：带说明和示例的参考数据、第一份报表模板、每个单位的收件文件夹。\n\n"
        "代码用统一的区划代码：6 位是区县，9 位是街道、乡镇，12 位是社区、村。\n"
        "不写单位时先放三个示例单位；目录里已有文件时不会改动。",
        "Make a home for another office: a commented reference folder with an example, the first forms, inboxes.\n\n"
        "Official codes have 6 digits for a district, 9 for a sub-district, 12 for a community.\n"
        "Without units three invented ones stand in; a folder that holds anything is left as it is.",
    ),
    epilog=both(
        "  jindu new /data/office --level district --name 某某区 --year 2027\n"
        "  jindu new /data/street --name 某某街道 --unit 990101001001,甲社区 --unit 990101001002,乙社区",
        "  jindu --lang en new /data/office --level district --name 某某区 --year 2027\n"
        "  jindu --lang en new /data/street --name 某某街道 --unit 990101001001,甲社区 --unit 990101001002,乙社区",
    ),
)
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@option("--name", "本单位的名称，如 某某街道。", "The office's name.", default=None)
@option(
    "--level",
    "由哪一级使用：subdistrict 街道（下面是社区，缺省），district 区县（下面是街道）。",
    "Who runs it: a sub-district with communities (the default), or a district with sub-districts.",
    type=click.Choice(tuple(LEVEL_BELOW)[::-1]),
    default="subdistrict",
)
@option(
    "--unit",
    "一个下级单位，写成 代码,名称；有几个写几次。",
    "A unit below, as code,name; repeat it for each.",
    multiple=True,
)
@option(
    "--units",
    "下级单位的清单：CSV 文件，每行 代码,名称。",
    "A CSV file of the units below, code,name a line.",
    type=click.Path(path_type=Path),
)
@option(
    "--year",
    "计划年度（缺省：今年；十月起为明年）。",
    "The plan year (by default this one, from October on the next).",
    type=click.IntRange(2000, 2100),
)
@language_option
@click.pass_obj
def command(  # noqa: PLR0913 - click hands over an argument per option
    speech: Speech,
    folder: Path,
    *,
    name: str | None,
    level: str,
    unit: tuple[str, ...],
    units: Path | None,
    year: int | None,
) -> int:
    """All or nothing: the folder is built aside and moved into its place when it is complete."""
    root = folder.expanduser().resolve()
    now = datetime.now(OFFICE_TIMEZONE).replace(microsecond=0)
    office = Office(
        name or EXAMPLE_NAMES[level], level, _units(unit, units, level), new_office.first_month(year, now.date())
    )
    commands = new_office.next_commands(root, office, _program(), speech.lang)
    with new_office.built_aside(root) as building:
        home = Home(building)
        new_office.write_office(home, office, speech.lang)
        new_office.write_guide(home, root, office, commands, speech.lang)
        write_templates = importlib.import_module("jindu.template").write_templates  # DuckDB models: for this alone
        written = write_templates(home.reference, None, now, home.templates, month=office.first_month)
    guide = root / new_office.GUIDES[speech.lang]
    click.echo(
        speech.say(
            f"已建立 {root}：{len(office.units)} 个单位，{office.first_month:%Y-%m} 的报表 {len(written)} 份。\n"
            f"先看 {guide}，把 {root / 'reference'} 里的示例换成自己的，然后：",
            f"{root} is ready: {len(office.units)} units, {len(written)} forms for {office.first_month:%Y-%m}.\n"
            f"Read {guide}, put your own data in place of the example in {root / 'reference'}, then:",
        )
    )
    for line in commands:
        click.echo(f"  {line}")
    return DONE


def _units(named: tuple[str, ...], file: Path | None, level: str) -> tuple[Unit, ...]:
    if named and file is not None:
        raise JinduError("--unit 和 --units 只写一种。", "Say --unit or --units, not both.")
    if named:
        return new_office.read_units(
            "\n".join(named), level, lambda line: (f"第 {line} 个 --unit", f"--unit number {line}")
        )
    if file is not None:
        return new_office.read_units(_text(file), level, lambda line: (f"{file} 第 {line} 行", f"{file} line {line}"))
    return new_office.example_units(level)


def _text(file: Path) -> str:
    """A list that a spreadsheet may have saved, in UTF-8 or in the encoding of Chinese Windows."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise JinduError(f"读不到 {file}：{error.strerror}。", f"Cannot read {file}: {error.strerror}.") from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise JinduError(
        f"{file} 不是文字文件。请另存为“CSV UTF-8（逗号分隔）”。",
        f"{file} is no text. Save it as “CSV UTF-8 (comma delimited)”.",
    )


def _program() -> str:
    """How this command is called here."""
    return "jindu" if shutil.which("jindu") else str(Path(sys.executable).with_name("jindu"))
