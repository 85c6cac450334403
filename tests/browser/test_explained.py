"""Every figure of the overview leads to its target's version, phasing, workbook, sheet and cell."""

import posixpath
import re
from pathlib import Path

from jindu.settings import Home
from jindu.warehouse.published import published_copy

from .pages import File

WHY = re.compile(r'href="([^"]*why/[^"]*\.html)')
MARKS = re.compile(r' data-head="[^"]*"| class="kept"')  # what a phone's cards take from a cell
CELL_ROWS = """
select org_unit_code, indicator_code, file_name, sheet_name, cell
from mart.completion_cell
where source_unit_code = org_unit_code and report_month = date '2024-09-01' and cell is not null
order by all
"""
TARGETS = """
select org_unit_code, indicator_code, max(target_version), any_value(source_section)
from mart.target where plan_year = 2024 group by all order by all
"""


def test_the_figures_of_the_overview_lead_to_explanations(site: Path) -> None:
    for path in ("index.html", "en/index.html"):
        links = WHY.findall(File(site, path).text)
        assert len(links) > 50
        for link in set(links):
            assert (site / posixpath.join(posixpath.dirname(path), link)).is_file()


def test_the_page_of_a_figure_names_each_cell_that_it_rests_on(site: Path, home: Home) -> None:
    with published_copy(home) as (connection, _):
        rows = connection.execute(CELL_ROWS).fetchall()
        named = {code for (code,) in connection.execute("select org_unit_code from mart.org_unit").fetchall()}
    assert len(rows) > 1000
    texts: dict[str, str] = {}
    for unit, indicator, file_name, sheet_name, cell in rows:
        assert unit in named
        path = f"why/{unit}/{indicator}.html"
        text = texts.setdefault(path, MARKS.sub("", File(site, path).text))
        assert f'<td class="file">{file_name}</td><td>{sheet_name}</td><td>{cell}</td>' in text, path


def test_the_page_of_a_figure_names_every_version_of_its_target(site: Path, home: Home) -> None:
    with published_copy(home) as (connection, _):
        rows = connection.execute(TARGETS).fetchall()
    for unit, indicator, version, section in rows:
        text = File(site, f"why/{unit}/{indicator}.html").text
        assert all(f'id="v{number}"' in text for number in range(1, version + 1)), (unit, indicator)
        assert section is None or section in text


def test_the_office_s_figure_leads_to_each_community_s_own(site: Path) -> None:
    text = File(site, "why/350502004/enterprise_visited.html").text
    below = set(re.findall(r'href="../../why/(350502004\d{3})/enterprise_visited\.html#m09"', text))
    assert len(below) == 13
    assert 'id="m09"' in File(site, f"why/{min(below)}/enterprise_visited.html").text


def test_the_months_of_the_year_before_name_the_cells_that_they_were_typed_into(site: Path, home: Home) -> None:
    with published_copy(home) as (connection, _):
        rows = connection.execute(
            "select org_unit_code, indicator_code, file_name, sheet_name, string_agg(cell, ' ' order by cell)"
            " from mart.reported_cell"
            " where year(report_month) = 2023 and measure in ('month', 'ytd') and cell is not null group by all"
        ).fetchall()
    assert len(rows) > 1000
    for unit, indicator, file_name, sheet_name, cells in rows:
        text = File(site, f"why/{unit}/{indicator}.html").text
        assert f'<td class="file">{file_name}</td><td>{sheet_name}</td><td>{cells}</td>' in text, (unit, indicator)
