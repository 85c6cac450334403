"""Whether a DuckDB opens the published file and gives every documented answer: `python -m tests.compat.answers HOME`.

`make compat` runs it under the DuckDB that jindu runs on and under the next one (requirements-compat.lock).
"""

import sys
from itertools import zip_longest
from pathlib import Path

import duckdb

from jindu.settings import PROJECT_ROOT, Home
from jindu.warehouse.connection import set_timezone
from tests.architecture.contract import columns_of, current_version, promised
from tests.nightly.readme import COOKBOOKS, QUESTION, READMES, answered


def problems(published: Path) -> list[str]:
    """What this DuckDB does otherwise than documented."""
    with duckdb.connect(published.resolve(), read_only=True) as connection:
        set_timezone(connection)
        found = [] if columns_of(connection) == promised(current_version()) else ["columns or types differ"]
        relations = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        relations += connection.execute(
            "select schema_name, view_name from duckdb_views() where not internal"
        ).fetchall()
        for schema, name in relations:
            connection.execute(f'select columns(*)::varchar from "{schema}"."{name}" limit 100').fetchall()
    for document in (*READMES, *COOKBOOKS):
        text = document.read_text(encoding="utf-8")
        found += [f"{document.relative_to(PROJECT_ROOT)}: {one}" for one in differing(text, answered(text, published))]
    queries = sum(path.read_text(encoding="utf-8").count("```sql") for path in (*READMES, *COOKBOOKS))
    print(f"DuckDB {duckdb.__version__}: {len(relations)} tables and views, {queries} queries, {len(found)} problems")
    return found


def differing(written: str, said: str) -> list[str]:
    """The questions whose answer is another, by their line and first words, and the first row that differs."""
    found = []
    for before, now in zip(QUESTION.finditer(written), QUESTION.finditer(said), strict=True):
        if before[0] != now[0]:
            line = written.count("\n", 0, before.start()) + 1
            rows = zip_longest(before[0].splitlines(), now[0].splitlines(), fillvalue="no row")
            old, new = next((old, new) for old, new in rows if old != new)
            found.append(f"line {line}, {before['query'].strip().splitlines()[0]!r}: written {old}, said {new}")
    return found


if __name__ == "__main__":
    said = problems(Home(Path(sys.argv[1])).published)
    for line in said:
        print(line, file=sys.stderr)
    raise SystemExit(bool(said))
