"""A line that starts with # is a comment, in the file as people write it and as a spreadsheet saves it."""

from pathlib import Path

import pytest

from jindu.alerts.recipient import read_recipients
from jindu.catalogue import CatalogueError, load
from jindu.catalogue.reading import records

COMMENTS = {
    "before the header": "# 主题\ncode,name_zh\nservice,服务\n",
    "after a byte order mark": "\ufeff# 主题\ncode,name_zh\nservice,服务\n",
    "between rows": "code,name_zh\n# 示例\nservice,服务\n#\n",
    "indented": "code,name_zh\n  # 示例\nservice,服务\n",
    "with commas": "# code, name, and more, much more\ncode,name_zh\nservice,服务\n",
    "with an open quote": '# a,"b\ncode,name_zh\n# 5" wide\nservice,服务\n',
    "in quotes": '"# code, name"\ncode,name_zh\nservice,服务\n',
    "padded with commas": "# 主题,\ncode,name_zh\n# 示例,\nservice,服务\n#,\n",
    "in quotes and padded": '"# code, ""name""",\ncode,name_zh\nservice,服务\n',
    "a commented row": "code,name_zh\nservice,服务\n#other,其他\n",
    "quoted over two lines": 'code,name_zh\n"# 第一行\n第二行, 还是说明",\nservice,服务\n',
}


@pytest.mark.parametrize("text", COMMENTS.values(), ids=COMMENTS.keys())
def test_a_comment_is_skipped(office: Path, text: str) -> None:
    (office / "theme.csv").write_text(text, encoding="utf-8")
    assert load(office).tables["theme"].select("code", "name_zh").rows() == [("service", "服务")]


def test_lines_in_errors_are_those_of_the_file(office: Path) -> None:
    (office / "theme.csv").write_text(
        '# 主题\n"# 第一行\n第二行",,\ncode,name_zh,weight\n# 示例\nservice,服务,heavy\n', encoding="utf-8"
    )
    with pytest.raises(CatalogueError) as raised:
        load(office)
    assert [(problem.line, problem.column) for problem in raised.value.problems] == [(6, "weight")]


def test_a_header_fault_is_named_on_its_own_line(office: Path) -> None:
    (office / "theme.csv").write_text("# 主题\n# 代码\ncode,nam_zh\n", encoding="utf-8")
    with pytest.raises(CatalogueError) as raised:
        load(office)
    assert {(problem.file, problem.line) for problem in raised.value.problems} >= {("theme.csv", 3)}


def test_a_quote_without_end_is_named_where_its_row_starts(office: Path) -> None:
    (office / "theme.csv").write_text('code,name_zh\n# 示例\nservice,"服务\n', encoding="utf-8")
    with pytest.raises(CatalogueError) as raised:
        load(office)
    assert [(problem.file, problem.line) for problem in raised.value.problems if problem.file == "theme.csv"] == [
        ("theme.csv", 3)
    ]


def test_a_line_inside_a_quoted_cell_is_no_comment() -> None:
    text = 'code,name_zh\nservice,"服\n# 务"\n'
    assert list(records(text)) == [(1, ["code", "name_zh"]), (2, ["service", "服\n# 务"])]


def test_a_mark_in_another_cell_is_no_comment() -> None:
    assert list(records("code,name_zh\nservice,#1\n")) == [(1, ["code", "name_zh"]), (2, ["service", "#1"])]


def test_recipients_of_a_folder_that_never_loaded_are_read_without_comments(tmp_path: Path) -> None:
    (tmp_path / "recipient.csv").write_text("# 提醒对象\nname,channel\n# 示例\n统筹办,\n", encoding="utf-8")
    assert [recipient.name for recipient in read_recipients(tmp_path)] == ["统筹办"]
