"""Where things are, and what a night is: the bottom layer, which imports nothing of jindu."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

PROJECT_ROOT = Path(__file__).resolve().parent.parent
OFFICE_TIMEZONE = ZoneInfo("Asia/Shanghai")  # domain.md: every published moment is read in office time
Progress = Callable[[int, int], None]


class JinduError(Exception):
    """A broken promise: what is wrong, where, and how to mend it, in both languages."""

    def __init__(self, message_zh: str, message_en: str) -> None:
        super().__init__(message_zh)
        self.message_zh = message_zh
        self.message_en = message_en

    def message(self, lang: str) -> str:
        """The message in `lang` ("zh" or "en")."""
        return self.message_en if lang == "en" else self.message_zh


@dataclass(frozen=True)
class Home:
    """The folder that holds everything a night reads and writes."""

    root: Path

    @property
    def inbox(self) -> Path:
        """Where senders put their files; jindu only reads it."""
        return self.root / "inbox"

    @property
    def archive(self) -> Path:
        """Every file ever received, byte for byte, under its SHA-256."""
        return self.root / "archive"

    @property
    def decisions(self) -> Path:
        """What people decided, a file per kind: only ever added to."""
        return self.root / "decisions"

    @property
    def returns(self) -> Path:
        """What goes back to the senders."""
        return self.root / "returns"

    @property
    def outbox(self) -> Path:
        """Digests that no channel carries."""
        return self.root / "outbox"

    @property
    def sending(self) -> Path:
        """Digests that were begun and that no channel has confirmed yet; nobody's but jindu's."""
        return self.root / "sending"

    @property
    def bulletin(self) -> Path:
        """The bulletins, a folder per report month."""
        return self.root / "bulletin"

    @property
    def private_database(self) -> Path:
        """The working database, never opened by analysts."""
        return self.root / "warehouse.duckdb"

    @property
    def versions(self) -> Path:
        """Published copies, one numbered folder each."""
        return self.root / "versions"

    @property
    def published(self) -> Path:
        """What analysts open: a link to the newest good copy."""
        return self.root / "published" / "jindu.duckdb"

    @property
    def site(self) -> Path:
        """The pages: a link to the newest whole site."""
        return self.root / "site"

    @property
    def sites(self) -> Path:
        """The sites as they were written, a numbered folder each."""
        return self.root / "sites"

    @property
    def notice(self) -> Path:
        """What a page says above older figures: that a night failed, and at which step; not there after a good one."""
        return self.root / "site" / "notice.json"

    @property
    def history(self) -> Path:
        """What was received up to the last publish, for a dry run: private, replaced whole, never open for writing."""
        return self.root / "history.duckdb"

    @property
    def templates(self) -> Path:
        """The forms written for the senders, a folder per month."""
        return self.root / "templates"

    @property
    def reference(self) -> Path:
        """The office's own reference folder, where it has one in its home."""
        return self.root / "reference"

    @property
    def prefect(self) -> Path:
        """The Prefect server's own folder: its database and log."""
        return self.root / "prefect"

    @property
    def log(self) -> Path:
        """What the processes of jindu serve say."""
        return self.root / "log"

    @property
    def lock(self) -> Path:
        """The one lock of this home: who has it may write the private database."""
        return self.root / ".lock"

    @property
    def delivery_lock(self) -> Path:
        """Held while digests leave: nobody is told twice at once."""
        return self.root / ".delivery.lock"

    @property
    def watch_lock(self) -> Path:
        """Held by the one watch over this home's inbox."""
        return self.root / ".watch.lock"

    @property
    def watchdog_lock(self) -> Path:
        """Held while the office is told what is wrong: nobody is told twice at once."""
        return self.root / ".watchdog.lock"

    @property
    def site_lock(self) -> Path:
        """Held while pages are written: two sites are never written at once."""
        return self.root / ".site.lock"

    @property
    def decision_lock(self) -> Path:
        """Held while a decision is prepared and written down."""
        return self.root / ".decision.lock"

    @property
    def serve_lock(self) -> Path:
        """Held by the one jindu serve of this home."""
        return self.root / ".serve.lock"


@dataclass(frozen=True)
class Night:
    """One attempt at one night: what every step takes."""

    home: Home
    reference: Path
    as_of: datetime
    run_id: str  # names the night: its as-of moment in office time
    attempt: int


@dataclass(frozen=True)
class StepReport:
    """What a step did, in one line per language, and how many things it did it to."""

    detail_zh: str
    detail_en: str
    count: int = 0


def no_progress(_done: int, _total: int) -> None:
    """Say nothing."""


def home_folder(option: str | Path | None) -> Home:
    """The home named on the command line, else by JINDU_HOME, else warehouse/data of this checkout.

    Raises JinduError when something else than a folder lies there.
    """
    chosen = option or os.environ.get("JINDU_HOME") or PROJECT_ROOT / "warehouse" / "data"
    folder = Path(chosen).expanduser().resolve()
    if folder.exists() and not folder.is_dir():
        raise JinduError(
            f"工作目录 {folder} 不是文件夹。请用 --home 指定一个文件夹。",
            f"The home {folder} is no folder. With --home, name a folder.",
        )
    return Home(folder)


def reference_folder(option: str | Path | None, home: Home | None = None) -> Path:
    """The reference folder named on the command line, else by JINDU_REFERENCE, else the home's own, else the shipped.

    Raises JinduError when there is no such folder.
    """
    own = home.reference if home is not None and home.reference.is_dir() else None
    chosen = option or os.environ.get("JINDU_REFERENCE") or own or PROJECT_ROOT / "warehouse" / "reference"
    folder = Path(chosen).expanduser().resolve()
    if not folder.is_dir():
        raise JinduError(
            f"找不到参考数据文件夹 {folder}。请用 --reference 指定一个含有 org_unit.csv 等文件的文件夹。",
            f"There is no reference folder {folder}. With --reference, name one with org_unit.csv and the others.",
        )
    return folder


def parse_as_of(text: str | None) -> datetime:
    """The as-of moment; a text without an offset is office time; None is now, to the second."""
    if text is None:
        return datetime.now(OFFICE_TIMEZONE).replace(microsecond=0)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise JinduError(
            f"--as-of 的时间“{text}”无法识别，请写成 2024-10-10T02:00。",
            f"--as-of {text!r} is no moment; write it as 2024-10-10T02:00.",
        ) from error
    return moment.replace(tzinfo=OFFICE_TIMEZONE) if moment.tzinfo is None else moment.astimezone(OFFICE_TIMEZONE)


def run_id_of(as_of: datetime) -> str:
    """The night's name: 2024-10-10T02:00:00, in office time."""
    return as_of.astimezone(OFFICE_TIMEZONE).replace(tzinfo=None).isoformat(timespec="seconds")
