"""Queries of README and cookbook with their answers: `python -m tests.nightly.readme PUBLISHED` writes them anew."""

import re
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from jindu.settings import PROJECT_ROOT
from jindu.warehouse.connection import set_timezone

READMES = (PROJECT_ROOT / "README.md", PROJECT_ROOT / "README.zh-CN.md")
COOKBOOKS = (PROJECT_ROOT / "docs" / "cookbook.md", PROJECT_ROOT / "docs" / "cookbook.zh-CN.md")
MONTH = date(2024, 9, 1)  # what jindu sql gives $month: the latest whose due day has passed
QUESTION = re.compile(r"```sql\n(?P<query>.*?)```\n\n(?:\|[^\n]*\n)*\n*", re.DOTALL)


def answered(text: str, published: Path) -> str:
    """The text with the answer under each query replaced by what the published database says."""
    connection = duckdb.connect(published.resolve(), read_only=True)
    try:
        set_timezone(connection)
        return QUESTION.sub(lambda found: _with_answer(connection, found["query"]), text)
    finally:
        connection.close()


def _with_answer(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    relation = connection.sql(query, params={"month": MONTH} if "$month" in query else None)
    rows = [relation.columns, ["---"] * len(relation.columns)]
    rows += [[_shown(value) for value in row] for row in relation.fetchall()]
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return f"```sql\n{query}```\n\n{table}\n"


def _shown(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "" if value is None else str(value).replace("|", "\\|")


if __name__ == "__main__":
    for readme in (*READMES, *COOKBOOKS):
        readme.write_text(answered(readme.read_text(encoding="utf-8"), Path(sys.argv[1])), encoding="utf-8")
