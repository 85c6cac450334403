"""The whole site written aside, then swapped in by one rename: whoever reads it meanwhile keeps what he opened."""

import filecmp
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

from jindu.lock import locked
from jindu.settings import Home, JinduError, Night, Progress, StepReport, no_progress
from jindu.site.beside import begin_beside
from jindu.site.bulletin import put_issue
from jindu.site.contents import SECTIONS
from jindu.site.render import FOLDERS, STYLE, Renderer, style_sheet
from jindu.site.source import Source, open_source

KEPT = 2  # sites: the one shown, and the one before for whoever reads it
UNFINISHED = ".unfinished"
PATIENCE = 60.0  # seconds for another process that writes pages


@dataclass(frozen=True)
class Written:
    """What was written: pages, bytes, and the seconds that queries and rendering took."""

    pages_count: int
    bytes_count: int
    query_seconds: float
    render_seconds: float


def write_pages(night: Night, progress: Progress = no_progress) -> StepReport:
    """The site of the copy just published, without any notice of nights before."""
    written = write_site(night.home, with_notice=False, progress=progress)
    megabytes = written.bytes_count / 1e6
    return StepReport(
        f"写出网页 {written.pages_count} 页，{megabytes:.1f} MB",
        f"{written.pages_count} pages written, {megabytes:.1f} MB",
        written.pages_count,
    )


def write_site(home: Home, *, with_notice: bool = True, progress: Progress = no_progress) -> Written:
    """Write all pages anew from what is published, and put them in place of the old ones.

    Raises JinduError when nothing is published or the disk does not take it; the old pages stay then.
    """
    with locked(home, patience=PATIENCE, path=home.site_lock):
        return _write_site(home, with_notice, progress)


def show_issue(home: Home) -> bool:
    """Write the pages anew where the newest bulletin is not the one that they lead to; whether they were.

    Raises JinduError as write_site does; a home without pages stays without.
    """
    if not home.site.is_dir():
        return False
    with open_source(home, with_notice=True) as source:
        issue = source.frame.issue
    lying = [home.site / one.path for one in issue]
    if all(
        place.is_file() and filecmp.cmp(one.file, place, shallow=False) for one, place in zip(issue, lying, strict=True)
    ):
        return False
    write_site(home)
    return True


def _write_site(home: Home, with_notice: bool, progress: Progress) -> Written:
    clock = perf_counter()
    with open_source(home, with_notice=with_notice) as source:
        source.ask_all()  # nothing is open any more when pages are written
    home.sites.mkdir(parents=True, exist_ok=True)
    for left in home.sites.glob(f"*{UNFINISHED}"):
        shutil.rmtree(left, ignore_errors=True)
    number = max((int(one.name) for one in home.sites.iterdir() if one.name.isdigit()), default=0) + 1
    building = home.sites / f"{number:06d}{UNFINISHED}"
    try:
        written = _write(source, building, progress, clock)
        _carry_over(home, building, with_notice=with_notice)
        finished = building.with_name(f"{number:06d}")
        building.rename(finished)
        _link(home, finished)
    except OSError as error:
        shutil.rmtree(building, ignore_errors=True)
        raise JinduError(
            f"网页没有写成，原有的网页不受影响：{error}。请检查 {home.root} 所在磁盘后执行 jindu site。",
            f"The pages were not written, those before are untouched: {error}. "
            f"Check the disk of {home.root}, then do jindu site.",
        ) from error
    _prune(home)
    return written


def _write(source: Source, folder: Path, progress: Progress, clock: float) -> Written:
    """All pages: the first language here, the others beside it."""
    here, *others = FOLDERS
    size = _put(folder / STYLE, style_sheet()) + put_issue(source.frame.issue, folder)
    beside = [begin_beside(partial(_write_language, source, folder, lang)) for lang in others]
    try:
        halves = [_write_language(source, folder, here, progress)]
    finally:  # nobody writes into the folder any more when it is taken away
        others_written = [wait() for wait in beside]
    halves += others_written
    queries = sum(source.seconds.values())
    return Written(
        sum(pages for pages, _ in halves),
        size + sum(written for _, written in halves),
        queries,
        perf_counter() - clock - queries,
    )


def _write_language(source: Source, folder: Path, lang: str, progress: Progress = no_progress) -> tuple[int, int]:
    """The pages of one language; how many, and their bytes."""
    source = source.spoken(lang)
    renderer, count, size = Renderer(source.frame, lang), 0, 0
    for done, section in enumerate(SECTIONS, start=1):
        for page in section.pages(source, lang):
            size += _put(folder / renderer.path(page), renderer.html(page))
            count += 1
        progress(done, len(SECTIONS))
    return count, size


def _put(path: Path, text: str) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = text.encode()
    path.write_bytes(content)
    return len(content)


def _carry_over(home: Home, building: Path, *, with_notice: bool) -> None:
    """The notice of a failed night goes on lying in the site for as long as it is shown."""
    if with_notice and home.notice.is_file():
        shutil.copyfile(home.notice, building / home.notice.name)


def _link(home: Home, finished: Path) -> None:
    """Swap the link; a plain folder of that name, which homes without pages have, makes room for it first."""
    if home.site.is_dir() and not home.site.is_symlink():
        shutil.rmtree(home.site)  # it held the notice alone, which has been carried over
    draft = home.site.with_name(f".{home.site.name}.new")
    draft.unlink(missing_ok=True)
    draft.symlink_to(finished.relative_to(home.root), target_is_directory=True)
    draft.replace(home.site)


def _prune(home: Home) -> None:
    numbered = sorted(one for one in home.sites.iterdir() if one.name.isdigit())
    shown = home.site.resolve()
    for old in numbered[:-KEPT]:
        if old != shown:
            shutil.rmtree(old, ignore_errors=True)
