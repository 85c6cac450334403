"""Write docs/reference-folder.md from the catalogue's own definition: every column that an office fills in."""

from jindu.catalogue import REFERENCE_TABLES, TYPES, Column, Table
from jindu.settings import PROJECT_ROOT

GUIDE_FILE = PROJECT_ROOT / "docs" / "reference-folder.md"
INTRODUCTION = """\
# The reference folder

Made by `make docs` from `jindu/catalogue.py`; do not edit.

One CSV per table, UTF-8, one header line. A column that is not required may be left out; a blank cell takes the
default. A shared file that the folder lacks is the shipped one. `jindu run` checks the folder as a whole first and
names every fault: file, line, column, what was expected.
"""


def reference_guide() -> str:
    """The whole document, in Markdown."""
    return "\n".join([INTRODUCTION, *(_section(table) for table in REFERENCE_TABLES.values())])


def _section(table: Table) -> str:
    presence = "shared" if table.shared else "required" if table.required else "optional"
    lines = [
        f"## `{table.name}.csv` — {table.meaning} ({presence})",
        "",
        "| column | meaning | written as | default |",
        "| --- | --- | --- | --- |",
        *(_row(column) for column in table.columns),
        "",
        f"One row per {', '.join(f'`{name}`' for name in table.key)}.",
        "",
    ]
    return "\n".join(lines)


def _escaped(text: str) -> str:
    """A bar ends a cell in Markdown unless it is escaped."""
    return text.replace("|", "\\|")


def _row(column: Column) -> str:
    written = ", ".join(f"`{value}`" for value in column.allowed) or TYPES[column.type].expected_en
    if column.references:
        written += f"; a `{column.references}`"
    default = "**required**" if not column.blank else "" if column.default is None else f"`{column.default}`".lower()
    return f"| `{column.name}` | {_escaped(column.meaning)} | {written} | {default} |"
