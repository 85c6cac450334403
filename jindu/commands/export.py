"""jindu export: published tables for other programs."""

import importlib
from pathlib import Path

import click

from jindu.settings import home_folder
from jindu.spoken import DONE, Speech, SpokenCommand, both, home_option, language_option, option

FORMATS = ("parquet", "csv", "xlsx")


@click.command(
    "export",
    cls=SpokenCommand,
    help=both(
        "把已发布的表导出到一个文件夹：Parquet 或 CSV（带 BOM）每表一个文件，Excel 为一个工作簿；附每一列的含义。\n\n"
        "CSV 和 Excel 里的文字不会被当作公式执行；原有的同名文件会被替换。",
        "Write the published tables into a folder: a file each as Parquet or CSV (with BOM), or one Excel workbook; "
        "with the meaning of every column.\n\n"
        "No text in CSV or Excel is ever executed as a formula; files of the same name are replaced.",
    ),
    epilog=both(
        "  jindu export /data/export --home /data/jindu --format xlsx --chinese --table 排名 --table 报送情况\n"
        "  jindu export /data/export --home /data/jindu --format parquet --table 完成情况",
        "  jindu --lang en export /data/export --home /data/jindu --format csv --table ranking --table reporting\n"
        "  jindu --lang en export /data/export --home /data/jindu --format parquet --table completion",
    ),
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@option("--format", "格式。", "The format.", type=click.Choice(FORMATS), default="xlsx", show_default=True)
@option(
    "--table",
    "只导出这张表（英文或中文名，可写多次）；缺省为全部的表，不含视图。",
    "This table alone, by its English or Chinese name, as often as needed; by default all but the views.",
    multiple=True,
    metavar="TABLE",
)
@option(
    "--chinese",
    "中文表名、列名和代码（即中文视图）。",
    "Chinese names of tables and columns, and codes in Chinese: the Chinese views.",
    is_flag=True,
    default=False,
)
@home_option
@language_option
@click.pass_obj
def command(  # noqa: PLR0913, PLR0917  (an argument per option)
    speech: Speech,
    folder: Path,
    format: str,  # noqa: A002  (the option's name)
    table: tuple[str, ...],
    chinese: bool,
    home: Path | None,
) -> int:
    """Read from the published copy alone."""
    export = importlib.import_module("jindu.export")  # DuckDB and Arrow
    for one in export.export_tables(home_folder(home), folder, format, table, chinese):
        rows = speech.say(f"{one.rows_count} 行", f"{one.rows_count} rows")
        click.echo(f"{one.path}  {one.table}  {rows}")
    return DONE
