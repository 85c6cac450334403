"""jindu site: the pages written anew."""

import importlib
from pathlib import Path

import click

from jindu.settings import home_folder
from jindu.spoken import DONE, Speech, SpokenCommand, both, home_option, language_option


@click.command(
    "site",
    cls=SpokenCommand,
    help=both(
        "依据已发布的数据重新写出网页：site/ 整个换新，正在看的人不受影响。每夜发布后会自动写出。",
        "Write the pages anew from what is published; site/ is replaced whole, and whoever reads it is not disturbed. "
        "Each night does so after it has published.",
    ),
    epilog=both("  jindu site --home /data/jindu", "  jindu --lang en site --home /data/jindu"),
)
@home_option
@language_option
@click.pass_obj
def command(speech: Speech, home: Path | None) -> int:
    """Read from the published copy, and from the notice of a failed night."""
    here = home_folder(home)
    written = importlib.import_module("jindu.site.write").write_site(here)  # DuckDB and the templates
    seconds, megabytes = written.query_seconds + written.render_seconds, written.bytes_count / 1e6
    start = here.site / "index.html"
    click.echo(
        speech.say(
            f"已写出 {written.pages_count} 页（{megabytes:.1f} MB，{seconds:.1f} s）：{start}",
            f"{written.pages_count} pages written ({megabytes:.1f} MB, {seconds:.1f} s): {start}",
        )
    )
    return DONE
