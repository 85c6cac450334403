"""jindu new: a folder that works as it is, explains itself, and is there whole or not at all."""

import csv
import itertools
import os
import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest

from jindu import cli, new_office, template
from jindu.catalogue import REFERENCE_TABLES, CatalogueError, load
from jindu.catalogue.reading import records
from jindu.new_office import BUILDING, GUIDES

UNITS = ("990202001,东城街道", "990202002,西城街道")
SENTENCE = {"zh": re.compile("[\u4e00-\u9fff]{2}"), "en": re.compile("[a-z]+ [a-z]+")}
MISTAKES = {  # why: arguments, words in zh, words in en
    "of another level": (["--unit", "990202001,东城街道"], "12 位数字", "12 digits"),
    "a digit short": (
        ["--level", "district", "--unit", "99020200,东城街道"],
        "“99020200”不对",
        "“99020200” is no code",
    ),
    "full-width comma": (["--unit", "990202001001，东街社区"], "请改成半角逗号", "is the full-width “，”"),
    "no name": (["--level", "district", "--unit", "990202001"], "没有名称", "has no name"),
    "twice": (["--level", "district", *(["--unit", UNITS[0]] * 2)], "第 2 个 --unit：代码 990202001 与前面", "already"),
    "two offices": (
        ["--level", "district", "--unit", UNITS[0], "--unit", "990203001,南城街道"],
        "前 6 位应当相同",
        "their first 6 digits",
    ),
    "no such list": (["--units", "nowhere.csv"], "读不到 nowhere.csv", "Cannot read nowhere.csv"),
    "both ways": (["--unit", UNITS[0], "--units", "nowhere.csv"], "只写一种", "not both"),
    "no such year": (["--year", "27"], "--year 的值不对", "--year is wrong"),
}


@pytest.fixture
def forms(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The forms that the command asked for, each an empty file."""
    written: list[Path] = []

    def write(_reference: Path, _history: None, _as_of: object, output: Path, *, month: date) -> list[Path]:
        written.append(output / f"{month:%Y-%m}" / "form.xlsx")
        written[-1].parent.mkdir(parents=True)
        written[-1].touch()
        return written

    monkeypatch.setattr(template, "write_templates", write)
    return written


def new(folder: Path, *more: str) -> int:
    return cli.run_command(["new", str(folder), *more])


@pytest.mark.parametrize("level", ["district", "subdistrict"])
def test_the_example_loads_and_has_one_of_every_kind(tmp_path: Path, forms: list[Path], level: str) -> None:
    assert new(tmp_path / "office", "--level", level, "--year", "2027") == 0
    tables = load(tmp_path / "office" / "reference").tables
    assert set(tables["indicator"]["kind"]) == {"flow", "stock", "ratio", "growth", "milestone"}
    assert tables["target"]["is_sample"].all()
    assert set(tables["target"]["plan_year"]) == {2027}
    below = {"district": "subdistrict", "subdistrict": "community"}[level]
    assert tables["org_unit"]["level"].to_list() == [level, below, below, below]
    assert all("示例" in name for name in tables["org_unit"]["name"])
    codes = tables["org_unit"]["code"].to_list()
    assert sorted(path.name for path in (tmp_path / "office" / "inbox").iterdir()) == codes[1:]
    assert [path.parent.name for path in forms] == ["2027-01"]
    assert (tmp_path / "office" / "templates" / "2027-01" / "form.xlsx").is_file()


def test_the_forms_are_written(tmp_path: Path) -> None:
    assert new(tmp_path / "office", "--level", "district", "--year", "2027") == 0
    assert len(list((tmp_path / "office" / "templates" / "2027-01").glob("99010100[123]_*.xlsx"))) == 3


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.usefixtures("forms")
def test_every_file_explains_every_column_in_the_language(tmp_path: Path, lang: str) -> None:
    assert new(tmp_path / "office", "--lang", lang) == 0
    for table in REFERENCE_TABLES.values():
        path = tmp_path / "office" / "reference" / f"{table.name}.csv"
        assert path.is_file() != table.shared
        if table.shared:
            continue
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")  # or a spreadsheet shows no Chinese
        comments = [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.startswith("#")]
        assert not [line for line in comments if "," in line or '"' in line]  # which a spreadsheet would cut up
        for name in [column.name for column in table.columns]:
            (described,) = [line for line in comments if re.match(rf"#   {name}\b", line)]
            assert SENTENCE[lang].search(described)
        if lang == "en" and table.name != "form":  # whose heading data have only Chinese names
            assert not [line for line in comments if SENTENCE["zh"].search(line)]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.usefixtures("forms")
def test_the_page_and_the_screen_say_what_comes_next(
    tmp_path: Path, lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "office"
    assert new(folder, "--lang", lang, "--year", "2027") == 0
    shown = capsys.readouterr().out
    page = (folder / GUIDES[lang]).read_text(encoding="utf-8")
    for command in (f"template --home {folder} --month 2027-01", f"run --home {folder}", f"status --home {folder}"):
        assert f"jindu {command}" in shown
        assert f"jindu {command}" in page
    assert not re.search(r"\{\w+\}", page)


@pytest.mark.usefixtures("forms")
def test_the_real_units_may_stand_there_from_the_start(tmp_path: Path) -> None:
    arguments = itertools.chain.from_iterable(("--unit", unit) for unit in UNITS)
    assert new(tmp_path / "office", "--level", "district", "--name", "某某区", *arguments) == 0
    units = (
        load(tmp_path / "office" / "reference").tables["org_unit"].select("code", "name", "short_name", "parent_code")
    )
    assert units.rows() == [
        ("990202", "某某区", "某某区", None),
        ("990202001", "东城街道", "东城", "990202"),
        ("990202002", "西城街道", "西城", "990202"),
    ]
    assert (tmp_path / "office" / "inbox" / "990202002").is_dir()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
@pytest.mark.usefixtures("forms")
def test_units_come_from_a_list_as_a_spreadsheet_saves_it(tmp_path: Path, encoding: str) -> None:
    listed = tmp_path / "单位.csv"
    listed.write_text("# 社区,\n代码,名称\n990202001001,东街社区居委会\n990202001002,东街社区\n", encoding=encoding)
    assert new(tmp_path / "office", "--units", str(listed)) == 0
    units = load(tmp_path / "office" / "reference").tables["org_unit"]
    assert units["code"].to_list() == ["990202001", "990202001001", "990202001002"]
    assert units["short_name"].to_list()[1:] == ["东街社区居委会", "东街社区"]  # both would be 东街


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_and_nothing_is_written(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    mistake: tuple[list[str], str, str],
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments, zh, en = mistake
    for lang, words in (("zh", zh), ("en", en)):
        assert new(tmp_path / "office", *arguments, "--lang", lang) == 2
        assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("spoil", [Path.mkdir, Path.touch], ids=["folder", "file"])
def test_what_is_there_already_is_left_as_it_is(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    folder = tmp_path / "office"
    spoil(folder)
    if folder.is_dir():
        (folder / "mine.txt").write_text("mine", encoding="utf-8")
    assert new(folder) == 2
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == (
        ["office", "office/mine.txt"] if folder.is_dir() else ["office"]
    )


@pytest.mark.usefixtures("forms")
def test_an_empty_folder_is_filled_even_where_the_shell_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "office"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert cli.run_command(["new", "."]) == 0
    assert sorted(os.listdir()) == sorted(["reference", "inbox", "templates", GUIDES["zh"]])  # noqa: PTH208 - as the shell sees it


@pytest.mark.parametrize("is_there", [False, True], ids=["new folder", "empty folder"])
def test_an_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool) -> None:
    folder = tmp_path / "office"
    if is_there:
        folder.mkdir()

    def interrupt(*_: object, **__: object) -> Sequence[Path]:
        raise KeyboardInterrupt

    monkeypatch.setattr(template, "write_templates", interrupt)
    assert new(folder) == 2
    assert [path for path in tmp_path.rglob("*") if path != folder] == []
    assert folder.is_dir() == is_there


@pytest.mark.parametrize("leftover", [f".office{BUILDING}", f"office/{BUILDING}"])
@pytest.mark.usefixtures("forms")
def test_an_attempt_that_was_killed_is_in_nobodys_way(tmp_path: Path, leftover: str) -> None:
    (tmp_path / leftover / "reference").mkdir(parents=True)
    assert new(tmp_path / "office") == 0
    assert not (tmp_path / leftover).exists()


@pytest.mark.parametrize(
    ("year", "today", "expected"),
    [
        (None, date(2026, 11, 23), date(2027, 1, 1)),
        (None, date(2026, 9, 30), date(2026, 8, 1)),
        (None, date(2027, 1, 5), date(2027, 1, 1)),
        (None, date(2027, 3, 31), date(2027, 2, 1)),
        (2026, date(2026, 11, 23), date(2026, 10, 1)),
        (2028, date(2026, 11, 23), date(2028, 1, 1)),
        (2025, date(2026, 11, 23), date(2025, 1, 1)),
    ],
)
def test_reports_begin_with_the_plan_year_or_with_the_month_that_is_over(
    year: int | None, today: date, expected: date
) -> None:
    assert new_office.first_month(year, today) == expected


@pytest.mark.usefixtures("forms")
def test_a_newcomer_who_blanks_a_cell_is_told_which(tmp_path: Path) -> None:
    """Every cell of the example's first row that must not be blank, one at a time."""
    assert new(tmp_path / "office") == 0
    folder = tmp_path / "office" / "reference"
    for table in REFERENCE_TABLES.values():
        path = folder / f"{table.name}.csv"
        required = [column.name for column in table.columns if not column.blank]
        found = [] if table.shared else list(records(path.read_text(encoding="utf-8-sig")))
        if len(found) < 2:
            continue
        whole, (_, header), (line, _) = path.read_text(encoding="utf-8-sig"), *found[:2]
        for name in required:
            rows = list(csv.reader(whole.splitlines()))
            rows[line - 1][header.index(name)] = ""
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(rows)
            with pytest.raises(CatalogueError) as raised:
                load(folder)
            told = [(each.file, each.line, each.column, each.found_zh) for each in raised.value.problems]
            assert (path.name, line, name, "空白") in told
        path.write_text(whole, encoding="utf-8")
    load(folder)
