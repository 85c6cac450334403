"""Everything that leaves the home after a night, as text that can be searched."""

import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console

from jindu.report.artifact import ranking_rows, summary_markdown
from jindu.report.summary import read_summary
from jindu.report.terminal import show_summary
from jindu.settings import Home

COMMENTS = """
select comment from duckdb_tables() union all select comment from duckdb_views()
union all select comment from duckdb_columns() union all select comment from duckdb_schemas()
union all select sql from duckdb_views() union all select sql from duckdb_tables()
"""
RELATIONS = """
select schema_name, table_name from duckdb_tables() where not internal
union all
select schema_name, view_name from duckdb_views() where not internal
"""


def published_texts(home: Home) -> Iterator[tuple[str, str]]:
    """Every row of every table and view of the published file, every comment and definition, and its raw bytes."""
    file = home.published.resolve()
    with duckdb.connect(file, read_only=True) as connection:
        for schema, name in connection.execute(RELATIONS).fetchall():
            rows = connection.execute(f'select columns(*)::varchar from "{schema}"."{name}"').fetchall()
            yield f"{schema}.{name}", "\n".join("\t".join(map(str, row)) for row in rows)
        comments = connection.execute(COMMENTS).fetchall()
        yield "comments", "\n".join(str(comment) for (comment,) in comments)
    yield "bytes", file.read_bytes().decode("utf-8", errors="replace")  # free pages too; long texts are compressed


def folder_texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file of a folder: its name and what is in it, for a workbook in its parts too."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        if path.suffix == ".xlsx" and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                content += b"\n".join(map(archive.read, archive.namelist()))
        yield str(path.relative_to(folder.parent)), f"{path.name}\n{content.decode('utf-8', errors='replace')}"


def mail_texts(mails: list[EmailMessage]) -> Iterator[tuple[str, str]]:
    """Every mail with its headers, decoded."""
    for mail in mails:
        parts = [str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text"]
        yield f"mail to {mail['To']}", "\n".join([*map(str, mail.values()), *parts])


def robot_texts(bodies: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Every message that a chat robot was given."""
    for number, body in enumerate(bodies, start=1):
        yield f"robot message {number}", json.dumps(body, ensure_ascii=False)


def terminal_texts(home: Home) -> Iterator[tuple[str, str]]:
    """What the commands print, in both languages, and what an orchestrator shows."""
    for lang in ("zh", "en"):
        console = Console(width=200, file=io.StringIO(), highlight=False, markup=False)
        show_summary(console, read_summary(home), [], lang)
        assert isinstance(console.file, io.StringIO)
        yield f"summary {lang}", console.file.getvalue()
        for more in ([], ["--json"]):
            asked = [sys.executable, "-m", "jindu.cli", "--lang", lang, "status", "--home", str(home.root), *more]
            ran = subprocess.run(asked, capture_output=True, text=True, check=False)
            assert ran.stdout.strip(), ran.stderr
            yield f"status {lang} {more}", ran.stdout + ran.stderr
    yield "artifacts", "\n".join([summary_markdown(home), *map(str, ranking_rows(home))])


def found_in(texts: Iterable[tuple[str, str]], wanted: set[str]) -> list[str]:
    """Where one of the planted texts stands, a number only as a whole number."""
    pattern = re.compile("|".join(rf"(?<![\d.]){one}(?!\d)" if one.isdigit() else re.escape(one) for one in wanted))
    found = []
    for where, text in texts:
        plain = re.sub(r"(?<=\d),(?=\d{3})", "", text)
        found += [f"{where}: …{plain[max(0, hit.start() - 30) : hit.end() + 30]}…" for hit in pattern.finditer(plain)]
    return found
