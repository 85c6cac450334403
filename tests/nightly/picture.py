"""docs/night.png, the picture in the README: `python -m tests.nightly.picture HOME` runs the sample's night for it.

Needs Chromium, a Chinese monospaced font and ImageMagick (Debian: chromium, fonts-noto-cjk, imagemagick).
"""

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from jindu.settings import PROJECT_ROOT

PICTURE = PROJECT_ROOT / "docs" / "night.png"
ONE_COLUMN = re.compile("[…↑↓]")
WIDTH = 84  # columns of the terminal
PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; overflow: hidden; padding: 18px 22px; background: #fff; color: #1b1f24; }}
pre {{ margin: 0; font: 15px/1.45 "Noto Sans Mono CJK SC", "Noto Sans Mono CJK TC", monospace; white-space: pre; }}
i {{ display: inline-block; width: 0.5em; overflow: visible; font-style: normal; }}
i b {{ font: 12px/1 "DejaVu Sans Mono", monospace; }}
</style><pre>{code}</pre>"""


def picture(home: Path) -> None:
    """Run the sample's night and take its summary as a picture."""
    command = [sys.executable, "-m", "jindu.cli", "run", "--home", str(home), "--as-of", "2024-10-10T02:00"]
    environment = os.environ | {"COLUMNS": str(WIDTH), "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(Text.from_ansi(ran.stdout.replace(str(home), "warehouse/data")))
    page = console.export_html(inline_styles=True, code_format=PAGE)
    draw(page, PICTURE)


def draw(page: str, target: Path) -> None:
    """A page of the terminal's text as a picture, as large as the text is."""
    # a terminal gives these one column each, the Chinese font two
    page = ONE_COLUMN.sub(r"<i><b>\g<0></b></i>", page)
    lines = page.count("\n")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "night.html"
        source.write_text(page, encoding="utf-8")
        subprocess.run(
            [
                "chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile",
                "--disable-background-networking", f"--window-size=860,{int(lines * 21.75) + 4}",
                f"--screenshot={target}", source.as_uri(),
            ],
            check=True, capture_output=True,
        )  # fmt: skip
    subprocess.run(["convert", target, "-trim", "-bordercolor", "white", "-border", "18", target], check=True)


if __name__ == "__main__":
    picture(Path(sys.argv[1]).resolve())
