"""A home for another office: a commented reference folder with a working example, an inbox per unit, a first page."""

import io
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from jindu.catalogue import REFERENCE_TABLES, Column, Table, load
from jindu.catalogue.reading import COMMENT, FULL_WIDTH_COMMA, records
from jindu.catalogue.tables import CODE_LENGTH, LEVEL_WORDS
from jindu.settings import PROJECT_ROOT, Home, JinduError
from jindu.spreadsheet import CsvWriter

EXAMPLE_FOLDER = PROJECT_ROOT / "warehouse" / "new_office"
LEVEL_BELOW = {"district": "subdistrict", "subdistrict": "community"}  # who runs jindu → who reports to it
EXAMPLE_CODE = {"district": "990101", "subdistrict": "990101001"}  # no province is 99
NAME_ENDS = ("社区居民委员会", "社区居委会", "居民委员会", "村民委员会", "街道办事处", "居委会", "社区", "街道")
MONTH_EXAMPLE, DAY_EXAMPLE = "2024-07", "2024-07-05"
BUILDING = ".jindu-new"  # ends the name of what is not finished
GUIDES = {"zh": "说明.md", "en": "README.md"}


@dataclass(frozen=True)
class Unit:
    """A unit that reports to the office."""

    code: str
    name: str
    short_name: str


@dataclass(frozen=True)
class Office:
    """Who runs jindu, whom it asks, and from when."""

    name: str
    level: str  # a key of LEVEL_BELOW
    units: tuple[Unit, ...]
    first_month: date  # the first month that reports are asked for; its year is the plan year

    @property
    def code(self) -> str:
        """The office's official code, with which those of its units begin."""
        return self.units[0].code[: CODE_LENGTH[self.level]]

    @property
    def units_level(self) -> str:
        """The level of the units."""
        return LEVEL_BELOW[self.level]


def first_month(year: int | None, today: date) -> date:
    """January of the plan year, or the latest month that is over when that year is under way.

    Without a year it is this one, and from October on the next, whose plan is then being made.
    """
    chosen = year if year is not None else today.year + (today.month >= 10)
    january = date(chosen, 1, 1)
    if chosen != today.year:
        return january
    return max(january, (today.replace(day=1) - timedelta(days=1)).replace(day=1))


def example_units(level: str) -> tuple[Unit, ...]:
    """Three invented units below an office of this level."""
    below = LEVEL_BELOW[level]
    word = "街道" if below == "subdistrict" else "社区"
    return tuple(
        Unit(f"{EXAMPLE_CODE[level]}{number:03}", f"示例{letter}{word}", f"示例{letter}")
        for number, letter in enumerate("甲乙丙", start=1)
    )


def read_units(text: str, level: str, where: Callable[[int], tuple[str, str]]) -> tuple[Unit, ...]:
    """The units below an office of `level`, a line of code and name each; a heading line is passed over.

    `where` is how a line is called, in zh and en. Raises JinduError at a code that is none, is there twice, or is of
    another office.
    """
    found: dict[str, str] = {}
    for line, (code, *rest) in records(text):
        name = rest[0] if rest else ""
        if not found and not re.search(r"[0-9]", code):
            continue
        fault = _fault(code, name, level, list(found))
        if fault is not None:
            zh, en = where(line)
            raise JinduError(f"{zh}：{fault[0]}", f"{en}: {fault[1]}")
        found[code] = name
    if not found:
        raise JinduError(
            "没有写明单位。每个单位一行：代码,名称。",
            "No unit is named. Write a line per unit: its code, a comma, its name.",
        )
    short_names = {code: _short(name) for code, name in found.items()}
    is_clear = len(set(short_names.values())) == len(short_names)
    return tuple(Unit(code, name, short_names[code] if is_clear else name) for code, name in found.items())


def _fault(code: str, name: str, level: str, earlier: list[str]) -> tuple[str, str] | None:
    """What is wrong with a unit, in zh and en."""
    below, shared = LEVEL_BELOW[level], CODE_LENGTH[level]
    length = CODE_LENGTH[below]
    if FULL_WIDTH_COMMA in code:
        return (
            f"“{code}”里的逗号是全角的“{FULL_WIDTH_COMMA}”，请改成半角逗号“,”：代码,名称。",
            f"The comma in “{code}” is the full-width “{FULL_WIDTH_COMMA}”; write “,” between the code and the name.",
        )
    if not re.fullmatch(rf"[0-9]{{{length}}}", code):
        digits = "，".join(f"{CODE_LENGTH[each]} 位是{word}" for each, word in LEVEL_WORDS.items())
        return (
            f"代码“{code}”不对，这里要的是{LEVEL_WORDS[below]}的代码，{length} 位数字（{digits}）。"
            "由区县使用时写 --level district，由街道、乡镇使用时写 --level subdistrict。",
            f"“{code}” is no code of a {below}, which has {length} digits (6 a district, 9 a sub-district, 12 a "
            "community). Say --level district when a district runs jindu, --level subdistrict for a sub-district.",
        )
    if not name:
        return f"{code} 后面没有名称，应写成 {code},名称。", f"{code} has no name; write {code}, a comma, the name."
    if code in earlier:
        return f"代码 {code} 与前面的重复。", f"The code {code} is there already."
    if earlier and code[:shared] != earlier[0][:shared]:
        return (
            f"代码 {code} 与 {earlier[0]} 不属于同一个上级：前 {shared} 位应当相同。",
            f"The codes {code} and {earlier[0]} are of different offices: their first {shared} digits should agree.",
        )
    return None


def _short(name: str) -> str:
    end = next((end for end in NAME_ENDS if name.endswith(end) and len(name) > len(end)), "")
    return name.removesuffix(end)


@contextmanager
def built_aside(folder: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `folder` when all went well and is gone when it did not.

    Raises JinduError when `folder` holds anything already.
    """
    if folder.is_dir():
        building = folder / BUILDING  # an empty folder may be a disk of its own, or where the shell stands
    elif folder.exists():
        raise JinduError(f"{folder} 是一个文件，请换一个目录名。", f"{folder} is a file; name another folder.")
    else:
        building = folder.with_name(f".{folder.name}{BUILDING}")
    shutil.rmtree(building, ignore_errors=True)  # of an attempt that was killed
    if folder.is_dir() and any(folder.iterdir()):
        raise JinduError(
            f"{folder} 里已有文件，不会改动。请换一个新的目录名。",
            f"{folder} is not empty and is left as it is. Name a new folder.",
        )
    try:
        building.mkdir(parents=True)
        yield building
        if building.parent == folder:
            for path in sorted(building.iterdir()):
                path.rename(folder / path.name)
            building.rmdir()
        else:
            building.rename(folder)
    except OSError as error:
        raise JinduError(f"无法写入 {folder}：{error}", f"Cannot write {folder}: {error}") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def write_office(home: Home, office: Office, lang: str) -> None:
    """The reference folder, which loads as it is, and an inbox for each unit."""
    home.reference.mkdir(parents=True)
    values = {
        "office": office.code,
        "office_name": office.name,
        "level": office.units_level,
        "level_word": "街道" if office.units_level == "subdistrict" else "社区",
        "year": str(office.first_month.year),
        "first_month": f"{office.first_month:%Y-%m}",
        "lang": lang,
    }
    for table in REFERENCE_TABLES.values():
        if table.shared:
            continue
        text = (EXAMPLE_FOLDER / f"{table.name}.csv").read_text(encoding="utf-8")
        rows = [cells for _, cells in records(text)]
        if table.name == "org_unit":
            rows += _unit_rows(office)
        filled = [[_filled(cell, values) for cell in row] for row in rows]
        _write(home.reference / f"{table.name}.csv", [*_comments(table, len(rows) > 1, lang), *filled])
    load(home.reference)
    for unit in office.units:
        (home.inbox / unit.code).mkdir(parents=True)


def write_guide(home: Home, root: Path, office: Office, commands: Sequence[str], lang: str) -> None:
    """The page that says what is where and what comes next; `root` is where the home will be."""
    values = {
        "office_name": office.name,
        "folders": "\n".join(f"| `inbox/{unit.code}/` | {unit.name} |" for unit in office.units),
        "commands": "\n".join(commands),
        "root": str(root),
    }
    text = (EXAMPLE_FOLDER / f"guide.{lang}.md").read_text(encoding="utf-8")
    (home.root / GUIDES[lang]).write_text(_filled(text, values), encoding="utf-8")


def _unit_rows(office: Office) -> list[list[str]]:
    top = [office.code, office.name, office.name, office.level, "", "", "", "true"]
    below = ((unit.code, unit.name, unit.short_name) for unit in office.units)
    return [top, *([*names, office.units_level, office.code, "", "", "true"] for names in below)]


def _filled(cell: str, values: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], cell)


def _write(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """A CSV that spreadsheet programs recognise as UTF-8 by its byte order mark."""
    text = io.StringIO(newline="")
    CsvWriter(text, line_end="\n").rows(rows)
    path.write_text(text.getvalue(), encoding="utf-8-sig")


def _comments(table: Table, has_rows: bool, lang: str) -> list[list[str]]:
    """What the file is, each of its columns, and what to do with the rows below."""
    lines = _comments_en(table, has_rows) if lang == "en" else _comments_zh(table, has_rows)
    return [[f"{COMMENT} {line}".replace(",", ";")] for line in lines]  # a comma would end the cell in a spreadsheet


def _comments_zh(table: Table, has_rows: bool) -> list[str]:
    return [
        f"{table.name_zh}（{table.name}.csv）：{table.meaning_zh}",
        "以 # 开头的行是说明，系统不读，留着、删掉都可以。说明下面第一行是列名，不要改。",
        f"{'、'.join(table.key)} 相同的只能有一行。各列的意思（没有标“必填”的可以空着，整列不要也可以）：",
        *(line for column in table.columns for line in _described_zh(column)),
        "下面的行是示例，请换成自己的。" if has_rows else "现在没有内容；用不到就不必管它。",
    ]


def _described_zh(column: Column) -> list[str]:
    said = f"  {column.name}{'' if column.blank else '（必填）'}　{column.meaning_zh}"
    if column.type in ("month", "date"):
        said += f"，写成 {MONTH_EXAMPLE if column.type == 'month' else DAY_EXAMPLE}"
    if column.references:
        file, name = column.references.split(".")
        said += f"，写 {file}.csv 里有的 {name}"
    if column.default is not None:
        said += f"；空白时为 {str(column.default).lower()}"
    return [said, *(f"      {code}　{word}" for code, word in column.allowed.items())]


def _comments_en(table: Table, has_rows: bool) -> list[str]:
    return [
        f"{table.name}.csv: {table.meaning_en}",
        "A line that starts with # is a comment: keep it or delete it. The first line below is the header: leave it.",
        f"One row per {' + '.join(table.key)}. The columns (what is not marked required may be blank or left out):",
        *(line for column in table.columns for line in _described_en(column)),
        "The rows below are an example: put your own in their place." if has_rows else "Empty: leave it if unused.",
    ]


def _described_en(column: Column) -> list[str]:
    said = f"  {column.name}{'' if column.blank else ' (required)'}: {column.meaning_en}"
    if column.type in ("month", "date"):
        said += f"; written {MONTH_EXAMPLE if column.type == 'month' else DAY_EXAMPLE}"
    if column.references:
        file, name = column.references.split(".")
        said += f"; a {name} of {file}.csv"
    if column.default is not None:
        said += f"; blank: {str(column.default).lower()}"
    return [said, *([f"      {' | '.join(column.allowed)}"] if column.allowed else [])]


def next_commands(root: Path, office: Office, program: str, lang: str) -> list[str]:
    """The commands from an edited reference folder to a published ranking, each with a remark."""
    month = f"{office.first_month:%Y-%m}"
    english = " --lang en" if lang == "en" else ""
    remarks = {
        "template": ("按参考数据重新生成报表，发给各单位填", "the forms anew, for the units to fill in"),
        "run": ("各单位报上来之后：核对、计算、排名、发布", "when they have come back: judge, compute, rank, publish"),
        "status": ("看谁没有报、哪些退回了", "who has not reported, what was rejected"),
    }
    commands = {
        "template": f"{program} template --home {root} --month {month}{english}",
        "run": f"{program} run --home {root}{english}",
        "status": f"{program} status --home {root}{english}",
    }
    width = max(len(command) for command in commands.values())
    return [f"{command:{width}}  # {remarks[name][lang == 'en']}" for name, command in commands.items()]
