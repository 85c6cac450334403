"""Write docs/reference-folder.md and its Chinese counterpart from the catalogue's own definition of every column."""

from jindu.catalogue import REFERENCE_TABLES, TYPES, Column, Table
from jindu.settings import PROJECT_ROOT

GUIDE_FILES = {
    "en": PROJECT_ROOT / "docs" / "reference-folder.md",
    "zh": PROJECT_ROOT / "docs" / "reference-folder.zh-CN.md",
}
INTRODUCTION = {
    "en": """\
# The reference folder

Made by `make docs` from `jindu/catalogue/tables.py`; do not edit.
中文：[reference-folder.zh-CN.md](reference-folder.zh-CN.md)

One CSV per table, UTF-8, one header line. A column that is not required may be left out; a blank cell takes the
default. A line that starts with `#` is a comment, wherever it stands. A shared file that the folder lacks is the
shipped one. `jindu run` checks the folder as a whole first and names every fault: file, line, column, what was
expected. `jindu new` writes such a folder to start from.
""",
    "zh": """\
# 参考数据文件夹

本文由 `make docs` 依据 `jindu/catalogue/tables.py` 生成，请勿手改。English: [reference-folder.md](reference-folder.md)

每张表一个 CSV 文件，UTF-8 编码，第一行是列名。不是必填的列可以整列不要；空白的单元格取缺省值。
以 `#` 开头的行是说明，写在哪里都不读。标“通用”的文件没有时，用系统自带的。
`jindu run` 先检查整个文件夹，一次说出所有问题：哪个文件、第几行、哪一列、应当怎样写。
`jindu new` 会写出一个可以直接照着改的文件夹。
""",
}


def reference_guide(lang: str) -> str:
    """The whole document in `lang` ("zh" or "en"), in Markdown."""
    return "\n".join([INTRODUCTION[lang], *(_section(table, lang) for table in REFERENCE_TABLES.values())])


def _section(table: Table, lang: str) -> str:
    key = [f"`{name}`" for name in table.key]
    if lang == "zh":
        presence = "通用" if table.shared else "必有" if table.required else "可没有"
        lines = [
            f"## `{table.name}.csv` {table.name_zh}（{presence}）",
            "",
            table.meaning_zh,
            "",
            "| 列 | 含义 | 写法 | 缺省 |",
        ]
        ends = f"{'、'.join(key)} 相同的只能有一行。"
    else:
        presence = "shared" if table.shared else "required" if table.required else "optional"
        lines = [
            f"## `{table.name}.csv` — {table.meaning_en} ({presence})",
            "",
            "| column | meaning | written as | default |",
        ]
        ends = f"One row per {', '.join(key)}."
    return "\n".join(
        [*lines, "| --- | --- | --- | --- |", *(_row(column, lang) for column in table.columns), "", ends, ""]
    )


def _row(column: Column, lang: str) -> str:
    default = "" if column.default is None else f"`{column.default}`".lower()
    if lang == "zh":
        written = "；".join(f"`{code}` {word}" for code, word in column.allowed.items())
        written = written or TYPES[column.type].expected_zh
        if column.references:
            written += f"，`{column.references}` 里有的"
        meaning, default = column.meaning_zh, default if column.blank else "**必填**"
    else:
        written = ", ".join(f"`{code}`" for code in column.allowed) or TYPES[column.type].expected_en
        if column.references:
            written += f"; a `{column.references}`"
        meaning, default = column.meaning_en, default if column.blank else "**required**"
    return f"| `{column.name}` | {_escaped(meaning)} | {_escaped(written)} | {default} |"


def _escaped(text: str) -> str:
    """A bar ends a cell in Markdown unless it is escaped."""
    return text.replace("|", "\\|")
