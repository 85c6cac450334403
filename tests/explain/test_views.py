"""The views of mart work in the published file, whatever it is called, and quickly."""

import duckdb

from jindu.report.explained import SECTION_OF
from jindu.settings import Home
from jindu.warehouse.columns import load

ONE_ROW = "org_unit_code = 'east' and indicator_code = 'visits' and report_month = '2024-02-01'"


def test_the_explanation_is_a_view_over_mart_alone(home: Home) -> None:
    with duckdb.connect(home.published, read_only=True) as connection:
        views = dict(
            connection.execute("select view_name, sql from duckdb_views() where schema_name = 'mart'").fetchall()
        )
        assert views.keys() >= {"completion_cell", "completion_explained"}
        assert "core." not in "".join(views.values()) and "reference." not in "".join(views.values())
        schemas = connection.execute("select distinct schema_name from duckdb_tables()").fetchall()
        assert schemas == [("mart",)]
        assert connection.execute(f"select count(*) from mart.completion_explained where {ONE_ROW}").fetchone() == (13,)


def test_views_carry_their_meaning(home: Home) -> None:
    with duckdb.connect(home.published, read_only=True) as connection:
        (comment,) = connection.execute(
            "select comment from duckdb_views() where view_name = 'completion_explained'"
        ).fetchall()[0]
        assert comment.startswith("完成情况每一行是怎样一步一步算出来的")
        columns = connection.execute(
            "select column_name, comment from duckdb_columns() "
            "where schema_name = 'mart' and table_name = 'completion_explained'"
        ).fetchall()
        assert all(meaning for _, meaning in columns)


def test_it_works_in_a_file_attached_under_another_name(home: Home) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.published}' as copy (read_only)")
        found = connection.execute(f"select count(*) from copy.mart.completion_explained where {ONE_ROW}").fetchone()
        chinese = connection.execute("select distinct 内容 from copy.main.计算说明 where 单位代码 = 'town'").fetchall()
    assert found == (13,)
    assert {word for (word,) in chinese} == {"单元格", "单位构成", "本月数", "本年累计", "预计", "状态"}


def test_every_kind_of_step_has_its_section() -> None:
    kind = load().tables["completion_explained"].column("kind")
    assert kind is not None
    assert kind.values.keys() == SECTION_OF.keys()
