"""The site as a folder: whole, swapped in one stroke, the same in both languages, and of the published copy alone."""

import json
import os
import re
from pathlib import Path

import duckdb
import pytest

from jindu import cli
from jindu.settings import Home, JinduError
from jindu.site import write
from jindu.site.source import PAGE_SQL
from jindu.site.write import KEPT, show_issue, write_site

LIMIT = 100_000  # bytes of a page with its style sheet
LINK = re.compile(r'(?:href|src)="([^"]+)"')


def pages(home: Home, lang: str) -> set[str]:
    """The pages of a language, by their path within it."""
    folder = home.site / "en" if lang == "en" else home.site
    found = {str(path.relative_to(folder)) for path in folder.rglob("*.html")}
    return found if lang == "en" else {path for path in found if not path.startswith("en/")}


def text_of(page: Path) -> str:
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8")))


def test_both_languages_have_the_same_pages(home: Home) -> None:
    write_site(home)
    assert pages(home, "zh") == pages(home, "en")
    some = {"index.html", "behind.html", "district.html", "community/350599001002.html", "indicator/visit.html"}
    assert some <= pages(home, "zh")


def test_a_page_needs_nothing_from_outside_and_no_script(home: Home) -> None:
    write_site(home)
    for page in home.site.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        assert "<script" not in html
        assert [link for link in LINK.findall(html) if re.match(r"\w+:", link) and link != "data:,"] == []


def test_every_page_is_light(home: Home) -> None:
    write_site(home)
    style = (home.site / "style.css").stat().st_size
    assert max(page.stat().st_size for page in home.site.rglob("*.html")) + style <= LIMIT


def test_the_quality_page_tells_each_month_and_who_has_to_mend(home: Home) -> None:
    write_site(home)
    with duckdb.connect(home.published.resolve(), read_only=True) as connection:
        months = connection.execute(
            "select report_month, sum(first_right_count), sum(first_count), sum(cells_typed_count)"
            " from mart.reporting_burden where org_unit_code = '350599001'"
            " and report_month between date '2024-01-01' and date '2024-05-01' group by 1 order by 1"
        ).fetchall()
        menders = connection.execute(
            "select coalesce(short_name, name), sum(findings_count) from mart.quality_finding"
            " inner join mart.org_unit as unit on mending_unit_code = unit.org_unit_code"
            " where state in ('open', 'upheld') and severity = 'warning' group by 1"
        ).fetchall()
    shown = text_of(home.site / "quality.html").partition("逐月")[2]
    assert len(months) == 5 and menders
    for month, right, first, typed in months:
        row = shown.partition(f" {month:%Y}年{month.month}月 ")[2].split(" ", 12)
        assert row[2] == (f"{100 * right / first:.1f}%" if first else "—")
        assert row[10].replace(",", "") == str(typed)
    units = shown.partition("由谁改正")[2].partition("本年各规则的合格率")[0]
    assert all(f" {name} " in units for name, _ in menders)


def test_the_counts_of_the_overview_are_those_of_the_published_rows(home: Home) -> None:
    write_site(home)
    with duckdb.connect(home.published.resolve(), read_only=True) as connection:
        counts = connection.execute(
            "select count(*), count(*) filter (where status in ('missed', 'far_behind')), bool_or(is_sample)"
            " from mart.completion where org_unit_code = '350599001' and report_month = date '2024-05-01'"
            " and status <> 'no_target'"
        ).fetchone()
    assert counts is not None
    text = text_of(home.site / "index.html")
    assert f"本级目标 {counts[0]} 项" in text
    assert f"{counts[1]} 严重滞后、未完成" in text


def test_a_reader_keeps_the_site_that_he_opened(home: Home) -> None:
    write_site(home)
    opened = home.site.resolve()
    write_site(home)
    assert home.site.is_symlink() and home.site.resolve() != opened
    assert (opened / "index.html").is_file()
    for _ in range(KEPT):
        write_site(home)
    assert len(list(home.sites.iterdir())) == KEPT
    assert not opened.exists()


def test_the_same_database_gives_the_same_bytes(home: Home) -> None:
    write_site(home)
    first = home.site.resolve()
    write_site(home)
    for page in first.rglob("*.*"):
        assert page.read_bytes() == (home.site / page.relative_to(first)).read_bytes()


def test_a_failed_nights_notice_stands_on_every_page_and_goes_on_lying_there(home: Home) -> None:
    home.notice.parent.mkdir(parents=True)  # as the first failed night of an older home left it
    home.notice.write_text(json.dumps({"zh": "今夜没有发布。", "en": "Nothing was published."}), encoding="utf-8")
    write_site(home)
    assert home.site.is_symlink() and home.notice.is_file()
    for lang, folder, words in (
        ("zh", home.site, "今夜没有发布。"),
        ("en", home.site / "en", "Nothing was published."),
    ):
        assert all(words in text_of(folder / page) for page in pages(home, lang))
    write_site(home, with_notice=False)
    assert not home.notice.exists()
    assert "今夜没有发布" not in text_of(home.site / "index.html")


def test_the_newest_bulletin_up_to_the_month_lies_beside_the_pages(home: Home) -> None:
    for month, name, content in (
        ("2024-04", "旧.docx", "四月"),
        ("2024-05", "通报.docx", "五月"),
        ("2024-05", "~$通报.docx", "开着"),
        ("2024-05", "通报.pdf", "五月"),
        ("2024-06", "早.docx", "六月"),
    ):
        file = home.bulletin / month / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    write_site(home)
    assert (home.site / "bulletin" / "2024-05.docx").read_text(encoding="utf-8") == "五月"
    assert [one.name for one in sorted((home.site / "bulletin").iterdir())] == ["2024-05.docx", "2024-05.pdf"]
    assert 'href="bulletin/2024-05.docx">Word</a>' in (home.site / "index.html").read_text(encoding="utf-8")
    assert 'href="../bulletin/2024-05.pdf">PDF</a>' in (home.site / "en" / "index.html").read_text(encoding="utf-8")


def test_a_bulletin_written_by_hand_is_the_one_that_pages_lead_to(home: Home) -> None:
    file = home.bulletin / "2024-05" / "通报.docx"
    file.parent.mkdir(parents=True)
    file.write_text("五月", encoding="utf-8")
    assert not show_issue(home)  # no pages yet, and none are made
    write_site(home)
    shown = home.site.resolve()
    assert not show_issue(home) and home.site.resolve() == shown
    file.write_text("五月，改", encoding="utf-8")
    (file.parent / "progress-bulletin_2024-05.docx").write_text("May", encoding="utf-8")
    assert show_issue(home)
    assert (home.site / "bulletin" / "2024-05.docx").read_text(encoding="utf-8") == "五月，改"


def test_a_write_that_fails_leaves_the_old_pages(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    write_site(home)
    shown = home.site.resolve()

    def full(*_: object) -> int:
        raise OSError("No space left on device")

    monkeypatch.setattr("jindu.site.write._put", full)
    with pytest.raises(JinduError, match="原有的网页不受影响"):
        write_site(home)
    assert home.site.resolve() == shown
    assert [one.name for one in home.sites.iterdir()] == [shown.name]


def test_without_anything_published_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(JinduError, match="还没有发布过数据"):
        write_site(Home(tmp_path))
    assert not (tmp_path / "site").exists()


def test_the_command_says_where_to_begin(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run_command(["site", "--home", str(home.root)]) == 0
    assert str(home.site / "index.html") in capsys.readouterr().out


def test_pages_are_of_the_published_schema_alone() -> None:
    for query in PAGE_SQL.glob("*.sql"):
        assert not re.search(r"\b(raw|core|check|reference)\.", query.read_text(encoding="utf-8")), query.name


def test_an_office_without_themes_that_no_setting_names_has_its_pages(home: Home) -> None:
    """Both are optional in the reference folder."""
    file = home.published.resolve()
    file.parent.chmod(0o755)
    file.chmod(0o644)
    with duckdb.connect(file) as connection:
        connection.execute("update mart.indicator set theme_code = null, theme_name_zh = null, theme_name_en = null")
        connection.execute("update mart.org_unit set is_office = false")
        connection.execute("delete from mart.ranking where scope <> 'indicator'")
    write_site(home)
    assert {"index.html", "community/350599001002.html", "indicator/index.html"} <= pages(home, "zh")
    assert "其他" in text_of(home.site / "indicator" / "index.html")


def test_what_has_no_english_name_is_called_by_its_chinese_one(home: Home) -> None:
    file = home.published.resolve()
    file.parent.chmod(0o755)
    file.chmod(0o644)
    with duckdb.connect(file) as connection:
        ((code, name),) = connection.execute(
            "select org_unit_code, short_name from mart.org_unit where level = 'community' order by all limit 1"
        ).fetchall()
        connection.execute("insert into mart.english values (?, 'First')", [name])
    write_site(home)
    english, chinese = (text_of(home.site / folder / "behind.html") for folder in ("en", ""))
    assert "First" in english and name not in english
    assert "First" not in chinese and name in chinese
    assert text_of(home.site / "en" / "community" / f"{code}.html").count("First") > 0


def children() -> set[str]:
    """Processes begun by this one and not yet waited for: another test of the same worker may have left one."""
    return {child for task in Path("/proc/self/task").iterdir() for child in (task / "children").read_text().split()}


def test_a_write_that_fails_leaves_no_fork_behind(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    here, put, before = os.getpid(), write._put, children()

    def full(path: Path, text: str) -> int:
        if os.getpid() == here and path.name == "district.html":
            raise OSError("no room")
        return put(path, text)

    monkeypatch.setattr(write, "_put", full)
    with pytest.raises(JinduError, match="no room"):
        write_site(home)
    assert list(home.sites.iterdir()) == []
    assert children() <= before
