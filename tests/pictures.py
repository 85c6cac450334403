"""The pictures in docs/, of forms, receipts, pages and the bulletin: `make pictures`, on a sample home.

Needs LibreOffice, Chromium, poppler's pdftoppm and ImageMagick (Debian: libreoffice-calc-nogui, chromium,
poppler-utils, imagemagick, fonts-noto-cjk), and a home whose night of 2024-10-10 has been run.
"""

import struct
import subprocess
import sys
import tempfile
from datetime import date, datetime
from pathlib import Path

from openpyxl import load_workbook

from jindu.bulletin.files import write_month
from jindu.settings import OFFICE_TIMEZONE, PROJECT_ROOT, Home, reference_folder
from jindu.site.write import write_site
from jindu.template import write_templates

DOCS = PROJECT_ROOT / "docs"
AS_OF = datetime(2024, 10, 10, 3, tzinfo=OFFICE_TIMEZONE)
COMMUNITY, WITH_A_FINDING = "350502004001", "350502004003"
LAST_ROW = 24
SITE_PICTURES = (
    ("site.png", "index.html", "1366,768"),
    ("site-phone.png", "index.html", "390,844"),
    ("site-indicator.png", "indicator/contract_amount.html", "1366,900"),
    ("site-community.png", f"community/{COMMUNITY}.html", "1366,900"),
)
LAST_MONTH, MONTH, YTD = "D", "E", "F"
FIRST_ROW = 6


def template_picture(home: Home, folder: Path) -> None:
    """A community's form, half filled in, with what its own checks say beside it."""
    (form,) = write_templates(
        reference_folder(None, home), home.history, AS_OF, folder, month=date(2024, 10, 1), units=[COMMUNITY],
        forms=["community_monthly"],
    )  # fmt: skip
    book = load_workbook(form)
    sheet = book.worksheets[0]
    amounts = iter((3, 0, -2, 1.5, 4, "不适用", 6))
    for row in range(FIRST_ROW, LAST_ROW - 3):
        if sheet[f"C{row}"].value and not sheet[f"{MONTH}{row}"].protection.locked:
            sheet[f"{MONTH}{row}"] = amount = next(amounts, 2)
            before = sheet[f"{LAST_MONTH}{row}"].value
            if not sheet[f"{YTD}{row}"].protection.locked and isinstance(amount, int) and before is not None:
                sheet[f"{YTD}{row}"] = before + abs(amount) + (5 if amount == 4 else 0)
    sheet.print_area = f"A1:J{LAST_ROW}"
    sheet.oddFooter.center.text = sheet.oddFooter.left.text = None  # the picture ends with the table
    book.save(form)
    run("soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", "pdf",
        "--outdir", str(folder), str(form))  # fmt: skip
    run("pdftoppm", "-r", "110", "-png", "-f", "1", "-l", "1", str(folder / f"{form.stem}.pdf"), str(folder / "form"))
    (page,) = folder.glob("form*.png")
    run("convert", str(page), "-trim", "-bordercolor", "white", "-border", "16", str(DOCS / "template.png"))


def receipt_picture(home: Home, folder: Path) -> None:
    """The receipt of a report that is held."""
    (receipt,) = (home.returns / WITH_A_FINDING).glob("2024-09_*.html")
    run("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        f"--user-data-dir={folder}/chromium", "--force-device-scale-factor=1.5", "--window-size=820,950",
        f"--screenshot={folder / 'receipt.png'}", receipt.resolve().as_uri())  # fmt: skip
    run("convert", str(folder / "receipt.png"), "-trim", "-bordercolor", "white", "-border", "16",
        str(DOCS / "receipt.png"))  # fmt: skip


def site_pictures(home: Home, folder: Path) -> None:
    """The overview on a desk and on a phone, an indicator and a community."""
    write_site(home)
    for name, page, size in SITE_PICTURES:
        run("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            f"--user-data-dir={folder}/chromium", f"--window-size={size}", f"--screenshot={folder / name}",
            (home.site / page).resolve().as_uri())  # fmt: skip
        run("convert", str(folder / name), "-colors", "128", str(DOCS / name))


def bulletin_picture(home: Home, folder: Path) -> None:
    """The first two pages of the bulletin, and what its annex of communities looks like."""
    written = write_month(home, date(2024, 9, 1))
    (printed,) = (path for path in written.files if path.suffix == ".pdf")
    run("pdftoppm", "-r", "75", "-png", str(printed), str(folder / "page"))
    first, second, *others = sorted(folder.glob("page-*.png"))
    wide = [path for path in others if _is_wide(path)]
    run("convert", str(first), str(second), "+append", "-bordercolor", "#999999", "-border", "1", "-colors", "128",
        str(DOCS / "bulletin.png"))  # fmt: skip
    run("convert", str(wide[-2]), "-bordercolor", "#999999", "-border", "1", "-colors", "128",
        str(DOCS / "bulletin-annex.png"))  # fmt: skip


def _is_wide(picture: Path) -> bool:
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])  # of a PNG's first chunk
    return bool(width > height)


def run(*command: str) -> None:
    """Do it, or end with what it said."""
    subprocess.run(command, check=True, capture_output=True, timeout=120)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        template_picture(Home(Path(sys.argv[1]).resolve()), Path(scratch))
        receipt_picture(Home(Path(sys.argv[1]).resolve()), Path(scratch))
        site_pictures(Home(Path(sys.argv[1]).resolve()), Path(scratch))
        bulletin_picture(Home(Path(sys.argv[1]).resolve()), Path(scratch))
