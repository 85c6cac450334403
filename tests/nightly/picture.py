"""docs/night.png, the picture in the README: `python -m tests.nightly.picture HOME` runs the sample's night for it.

Needs Chromium and a Chinese monospaced font (Debian: chromium, fonts-noto-cjk).
"""

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from jindu.settings import PROJECT_ROOT

PICTURE = PROJECT_ROOT / "docs" / "night.png"
WIDTH = 84  # columns of the terminal
PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; overflow: hidden; padding: 18px 22px; background: #fff; color: #1b1f24; }}
pre {{ margin: 0; font: 15px/1.45 "Noto Sans Mono CJK SC", "Noto Sans Mono CJK TC", monospace; white-space: pre; }}
</style><pre>{code}</pre>"""


def picture(home: Path) -> None:
    """Run the sample's night and take its summary as a picture."""
    command = [sys.executable, "-m", "jindu.cli", "run", "--home", str(home), "--as-of", "2024-10-10T02:00"]
    environment = os.environ | {"COLUMNS": str(WIDTH), "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(Text.from_ansi(ran.stdout.replace(str(home), "warehouse/data")))
    page = console.export_html(inline_styles=True, code_format=PAGE)
    lines = page.count("\n")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "night.html"
        source.write_text(page, encoding="utf-8")
        subprocess.run(
            [
                "chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile",
                "--disable-background-networking", f"--window-size=860,{int(lines * 21.75) + 4}",
                f"--screenshot={PICTURE}", source.as_uri(),
            ],
            check=True, capture_output=True,
        )  # fmt: skip


if __name__ == "__main__":
    picture(Path(sys.argv[1]).resolve())
