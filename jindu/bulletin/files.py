"""The bulletin's files in the home: a folder per month, written whole; what somebody has edited is never replaced."""

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from jindu.bulletin.content import compose
from jindu.bulletin.issue import Issue, read_issue
from jindu.bulletin.page import page
from jindu.bulletin.printing import PrintingError, browser, pdf
from jindu.bulletin.word import word_file
from jindu.bulletin.workbook import workbook_file
from jindu.settings import Home, JinduError, Night, Progress, StepReport, no_progress
from jindu.warehouse.connection import connect

RECORD = "bulletin.json"  # which files jindu wrote, and their SHA-256
WORD_ZH, WORD_EN = "年度目标进度通报", "progress-bulletin"


@dataclass(frozen=True)
class Bulletin:
    """What was written: the month, its files, those that were kept because somebody had edited them, and no PDF why."""

    month: date
    files: tuple[Path, ...]
    kept: tuple[Path, ...]
    without_pdf_zh: str = ""
    without_pdf_en: str = ""
    is_broken: bool = False  # a browser is there, and printed nothing


def write_bulletin(night: Night, progress: Progress = no_progress) -> StepReport:
    """From bulletin_day of a month on, the bulletin of the month before it, once; no failure here undoes the night.

    A bulletin that could not be written is told in the report and tried again by the next night.
    """
    month = _due_month(night)
    if month is None:
        return StepReport("今夜没有要写的通报", "no bulletin is due tonight")
    name = f"{month:%Y-%m}"
    try:
        written = write_month(night.home, month, progress=progress)
    except (JinduError, OSError) as error:
        zh, en = (error.message_zh, error.message_en) if isinstance(error, JinduError) else (str(error), str(error))
        return StepReport(f"{name} 的通报没有写成，下一夜再试：{zh}", f"the bulletin of {name} was not written: {en}")
    pdf_zh = f"；{written.without_pdf_zh}" if written.without_pdf_zh else ""
    pdf_en = f"; {written.without_pdf_en}" if written.without_pdf_en else ""
    count = len(written.files)
    return StepReport(f"写出 {name} 的通报 {count} 个文件{pdf_zh}", f"bulletin of {name}, {count} files{pdf_en}", count)


def _due_month(night: Night) -> date | None:
    """The month before the night's, from the bulletin day on, as long as its bulletin is not there."""
    with connect(night.home, read_only=True) as connection:
        ((day,),) = connection.execute("select bulletin_day from core.setting").fetchall()
    if day == 0 or night.as_of.day < day:
        return None
    month = (night.as_of.date().replace(day=1) - timedelta(days=1)).replace(day=1)
    return None if (folder_of(night.home, month) / RECORD).exists() else month


def folder_of(home: Home, month: date) -> Path:
    """Where the bulletin of a month lies."""
    return home.bulletin / f"{month:%Y-%m}"


def write_month(
    home: Home, month: date | None = None, *, lang: str = "zh", progress: Progress = no_progress
) -> Bulletin:
    """Write the bulletin of a month (without one, of the latest due) anew, from what is published.

    Raises JinduError when nothing is published or known of the month, or the disk does not take it.
    """
    issue = read_issue(home, month)
    made, missing = _made(issue, lang, progress)
    folder = folder_of(home, issue.head.month)
    try:
        files, kept = _put(folder, made, lang)
    except OSError as error:
        raise JinduError(
            f"通报写不进 {folder}：{error.strerror or error}。请检查磁盘和权限后执行 jindu bulletin。",
            f"The bulletin cannot be written into {folder}: {error.strerror or error}. "
            "Check the disk and its permissions, then do jindu bulletin.",
        ) from error
    return Bulletin(issue.head.month, files, kept, *missing)


def _made(issue: Issue, lang: str, progress: Progress) -> tuple[dict[str, bytes], tuple[str, str, bool]]:
    """The files by name, and why there is no PDF."""
    issue = issue.spoken(lang)
    document, moment = compose(issue, lang), issue.head.as_of
    month = f"{issue.head.month:%Y-%m}"
    stem = f"{WORD_EN}_{month}" if lang == "en" else f"{issue.head.short_name}{WORD_ZH}_{month}"
    stem = "".join("_" if sign in '/\\:*?"<>|' or not sign.isprintable() else sign for sign in stem)
    made = {f"{stem}.docx": word_file(document, moment)}
    progress(1, 3)
    made[f"{stem}.xlsx"] = workbook_file(issue, document, moment)
    progress(2, 3)
    missing = ("", "", False)
    program = browser()
    if program is None:
        missing = (
            "这台机器没有 Chromium，没有写 PDF（可在 Word 里另存为 PDF）",
            "no PDF: this machine has no Chromium (Word can save one)",
            False,
        )
    else:
        try:
            made[f"{stem}.pdf"] = pdf(program, page(document), moment)
        except PrintingError as error:
            missing = (f"Chromium 没有打印出 PDF（{error}）", f"no PDF: Chromium printed none ({error})", True)
    progress(3, 3)
    return made, missing


def _put(folder: Path, made: dict[str, bytes], lang: str) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Write the files; beside one that somebody has edited since, under another name. The record comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    record = _record(folder)
    written, kept = [], []
    for name, content in made.items():
        path, old = _free(folder, name, content, record)
        kept += [old] if old else []
        _replace(path, content)
        record[path.name] = hashlib.sha256(content).hexdigest()
        written.append(path)
    stale = [name for name in record if name not in {path.name for path in written} and _is_of(name, made, lang)]
    for name in stale:  # a PDF of an earlier night beside a Word file of this one would contradict it
        path = folder / name
        if path.exists() and _hash(path) == record[name]:
            path.unlink()
        del record[name]
    _replace(folder / RECORD, json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True).encode())
    return tuple(written), tuple(kept)


def _is_of(name: str, made: dict[str, bytes], _lang: str) -> bool:
    """Whether a recorded file is an earlier form of one of these."""
    return any(name.startswith(one.rsplit(".", 1)[0]) for one in made)


def _free(folder: Path, name: str, content: bytes, record: dict[str, str]) -> tuple[Path, Path | None]:
    """Where to write, and the edited file that is left alone, if any."""
    stem, dot, ending = name.rpartition(".")
    path, number, edited = folder / name, 1, None
    while path.exists() and _hash(path) not in (record.get(path.name), hashlib.sha256(content).hexdigest()):
        edited = path
        number += 1
        path = folder / f"{stem}_{number}{dot}{ending}"
    return path, edited


def _record(folder: Path) -> dict[str, str]:
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _replace(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    draft = path.with_name(f".{path.name}.unfinished")
    try:
        with draft.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
