"""Write the generated documents: the data dictionary and the two guides to the reference folder."""

import argparse
import sys

from jindu.settings import PROJECT_ROOT
from jindu.warehouse.columns import Column, Dictionary, Table, load
from jindu.warehouse.reference_guide import GUIDE_FILES, reference_guide

DICTIONARY_FILE = PROJECT_ROOT / "docs" / "data-dictionary.md"
INTRODUCTION = """\
# 数据字典 Data dictionary

本文由 `make docs` 依据 `warehouse/columns.yml` 生成，请勿手改。
<span lang="en">Made by `make docs` from `warehouse/columns.yml`; do not edit.</span>

分析人员只需打开 `published/jindu.duckdb`（只读）。表在 `mart` 中；每张表另有一个中文视图，列名和代码都是中文，
例如 `select * from 完成情况`。除此以外的都可能随时变动。
<span lang="en">Analysts open `published/jindu.duckdb` read-only. The tables are in schema `mart`; each has a Chinese
view beside it. Nothing else is promised.</span>
"""


def data_dictionary(dictionary: Dictionary) -> str:
    """The whole document, in Markdown."""
    sections = [INTRODUCTION]
    sections += [_section(table, dictionary) for table in dictionary.tables.values()]
    return "\n".join(sections)


def _section(table: Table, dictionary: Dictionary) -> str:
    lines = [
        f"## `mart.{table.name}` · {table.view}",
        "",
        f'{table.meaning_zh} <span lang="en">{table.meaning_en}</span>',
        "",
        f'行的键 <span lang="en">key</span>: {", ".join(f"`{column}`" for column in table.key)}',
        "",
        "| 列 column | 中文列名 | 单位 unit | 含义 meaning |",
        "| --- | --- | --- | --- |",
        *(_row(column, dictionary) for column in table.columns),
        "",
    ]
    return "\n".join(lines)


def _row(column: Column, dictionary: Dictionary) -> str:
    zh, en = dictionary.units[column.unit]
    values = "".join(f"<br>`{code}` {word}" for code, word in column.values.items())
    meaning = f'{column.meaning_zh} <span lang="en">{column.meaning_en}</span>{values}'
    return f'| `{column.name}` | {column.name_zh} | {zh} <span lang="en">{en}</span> | {meaning} |'


def main() -> int:
    """Write the generated documents, or with --check only say which of them are stale; 1 when one is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when a document is stale")
    wanted = {DICTIONARY_FILE: data_dictionary(load())}
    wanted |= {path: reference_guide(lang) for lang, path in GUIDE_FILES.items()}
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    if parser.parse_args().check:
        for path in stale:
            name = path.relative_to(PROJECT_ROOT)
            print(f"{name} 已过期，请执行 make docs。It is stale: make docs.", file=sys.stderr)
        return int(bool(stale))
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
