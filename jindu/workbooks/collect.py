"""Takes in what lies in the inbox: archives every file under its SHA-256, once, and records that it arrived."""

import hashlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import duckdb

from jindu.settings import JinduError, Night, Progress, StepReport
from jindu.warehouse.connection import PRIVATE_FOLDER, connect
from jindu.workbooks.arrival import recall_arrivals, record_arrivals

FILES_PER_TRANSACTION = 200
CHUNK = 1024 * 1024
ARCHIVED_MODE = 0o444  # nothing in the archive is ever changed
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NOT_REPORTS = ("thumbs.db", "desktop.ini", "说明.txt")  # of file managers, and our own word to the senders
UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".filepart")  # on its way; renamed when it is there
NAMES_SHOWN = 5  # skipped paths named in the step's line


@dataclass(frozen=True)
class InboxFile:
    """A file as it lies in the inbox; `folder_code` is None directly in inbox/."""

    path: Path
    folder_code: str | None
    size_bytes: int
    modified_at: datetime

    @property
    def inbox_path(self) -> str:
        """The path within the inbox, as raw.arrival names it."""
        name = storable(self.path.name)
        return name if self.folder_code is None else f"{self.folder_code}/{name}"


@dataclass(frozen=True)
class Survey:
    """The files of an inbox in order of time and path, and the paths that are not looked into."""

    files: list[InboxFile]
    skipped: list[str]


class UnreadableError(Exception):
    """A file that cannot be read now, or changes while it is read: the next night tries again."""


def collect(night: Night, progress: Progress) -> StepReport:
    """Archive and record the files that had arrived by the night's moment; a second time changes nothing."""
    survey = survey_inbox(night.home.inbox)
    arrived = [file for file in survey.files if file.modified_at <= night.as_of]
    skipped = list(survey.skipped)
    duplicate_count = taken_count = 0
    _prepare_archive(night)
    with connect(night.home) as connection:
        recall_arrivals(connection, night.home)
        earliest = _previous_as_of(connection, night)
        seen = _seen_arrivals(connection)
        submissions = {row[0] for row in connection.execute("select submission_id from raw.submission").fetchall()}
        new = [file for file in arrived if (file.inbox_path, file.size_bytes, file.modified_at) not in seen]
        for start in range(0, len(new), FILES_PER_TRANSACTION):
            arrivals: list[dict[str, object]] = []
            for number, file in enumerate(new[start : start + FILES_PER_TRANSACTION], start + 1):
                try:
                    sha256 = archive_file(night, file)
                except UnreadableError:
                    skipped.append(file.inbox_path)
                    continue
                finally:
                    progress(number, len(new))
                arrival = _arrival(night, file, sha256, earliest)
                arrivals.append(arrival | {"is_duplicate": arrival["submission_id"] in submissions})
                submissions.add(arrival["submission_id"])
            record_arrivals(connection, night.home, arrivals)
            taken_count += len(arrivals)
            duplicate_count += sum(bool(arrival["is_duplicate"]) for arrival in arrivals)
    return _report(taken_count, duplicate_count, len(survey.files) - len(arrived), skipped)


def survey_inbox(inbox: Path) -> Survey:
    """What lies in inbox/ and one level below; links are not followed, hidden and lock files not mentioned."""
    files: list[InboxFile] = []
    skipped: list[str] = []
    for entry in _entries(inbox, skipped):
        if entry.is_dir(follow_symlinks=False):
            folder_code = storable(entry.name)
            for inner in _entries(Path(entry.path), skipped):
                if file := _inbox_file(inner, folder_code):
                    files.append(file)
                else:
                    skipped.append(f"{folder_code}/{storable(inner.name)}")
        elif file := _inbox_file(entry, None):
            files.append(file)
        else:
            skipped.append(storable(entry.name))
    return Survey(sorted(files, key=lambda file: (file.modified_at, file.inbox_path)), skipped)


def archive_file(night: Night, file: InboxFile) -> str:
    """Copy a file into the archive under its SHA-256, whole and synced before it gets its name; the hash.

    Raises UnreadableError when the file cannot be read or changes meanwhile, JinduError when the archive takes nothing.
    """
    try:
        return _archive(night, file)
    except OSError as error:
        raise JinduError(
            f"无法写入归档文件夹 {night.home.archive}：{error}。请检查磁盘空间和权限后重新运行 jindu run。",
            f"Cannot write to the archive {night.home.archive}: {error}. "
            "Check space and permissions, then run jindu run again.",
        ) from error


def submission_id_of(sha256: str, folder_code: str | None) -> str:
    """The name of these bytes in this folder, whenever and however often they arrive."""
    return hashlib.sha256(f"{sha256}:{folder_code or ''}".encode()).hexdigest()[:16]


def received_at(modified_at: datetime, previous_as_of: datetime, as_of: datetime) -> datetime:
    """When a file counts as received: as it was modified, not before the previous run, not after this one."""
    return min(as_of, max(modified_at, previous_as_of)).astimezone(UTC)  # domain.md, Submissions, Arrival


def lying_file(path: Path, folder_code: str | None) -> InboxFile:
    """A file as it lies there now.

    Raises UnreadableError when it is gone, or no regular file: a folder, a link, a pipe.
    """
    try:
        status = path.lstat()
    except OSError as error:
        raise UnreadableError(str(path)) from error
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableError(str(path))
    return InboxFile(path, folder_code, status.st_size, _modified_at(status))


def copy_bytes(file: InboxFile, copy: IO[bytes], most_bytes: int | None = None) -> str:
    """Copy a file, or no more than its first bytes; the SHA-256 of the whole.

    Raises UnreadableError when the file cannot be read or changes meanwhile, OSError when the copy takes nothing.
    """
    try:
        # Not through a link put there since the survey, and without waiting for a pipe's other end
        descriptor = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise UnreadableError(file.inbox_path) from error
    digest = hashlib.sha256()
    left = sys.maxsize if most_bytes is None else most_bytes
    with os.fdopen(descriptor, "rb") as source:
        for chunk in _chunks(source, file):
            digest.update(chunk)
            copy.write(chunk[:left])
            left = max(0, left - len(chunk))
        status = os.fstat(source.fileno())
    if (status.st_size, _modified_at(status)) != (file.size_bytes, file.modified_at):
        raise UnreadableError(file.inbox_path)
    return digest.hexdigest()


def archived_path(archive: Path, sha256: str) -> Path:
    """Where the archive keeps the bytes of this hash."""
    return archive / sha256[:2] / sha256


def storable(name: str) -> str:
    """A file name as text; bytes that are no UTF-8 are read as GB 18030, as older tools unpack Chinese names."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "backslashreplace")


def _unfinished(night: Night) -> Path:
    return night.home.archive / ".unfinished"


def _prepare_archive(night: Night) -> None:
    """Close the archive to other users, and clear away what a killed night left in it."""
    with suppress(OSError):  # an archive that takes nothing is said with the first file
        night.home.archive.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        night.home.archive.chmod(PRIVATE_FOLDER)
    shutil.rmtree(_unfinished(night), ignore_errors=True)


def _entries(folder: Path, skipped: list[str]) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError:
        skipped.append(storable(folder.name))
        return
    for entry in entries:
        name = storable(entry.name).lower()
        if not (name.startswith((".", "~$")) or name.endswith(UNFINISHED) or name in NOT_REPORTS):
            yield entry


def _inbox_file(entry: os.DirEntry[str], folder_code: str | None) -> InboxFile | None:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:  # removed since it was listed
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return InboxFile(Path(entry.path), folder_code, status.st_size, _modified_at(status))


def _modified_at(status: os.stat_result) -> datetime:
    return EPOCH + max(0, status.st_mtime_ns // 1000) * MICROSECOND


def _previous_as_of(connection: duckdb.DuckDBPyConnection, night: Night) -> datetime:
    """The last night before this one that completed: a file that it did not see came later."""
    row = connection.execute(
        "select epoch_us(max(as_of_at)) from raw.run where state = 'completed' and as_of_at < ?", [night.as_of]
    ).fetchone()
    return EPOCH if row is None or row[0] is None else EPOCH + row[0] * MICROSECOND


def _seen_arrivals(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, int, datetime]]:
    rows = connection.execute("select inbox_path, size_bytes, epoch_us(modified_at) from raw.arrival").fetchall()
    return {(inbox_path, size_bytes, EPOCH + modified * MICROSECOND) for inbox_path, size_bytes, modified in rows}


def _archive(night: Night, file: InboxFile) -> str:
    unfinished = _unfinished(night)
    unfinished.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=unfinished, delete=False) as copy:
        sha256 = copy_bytes(file, copy)
        copy.flush()
        os.fchmod(copy.fileno(), ARCHIVED_MODE)
        os.fsync(copy.fileno())
    target = archived_path(night.home.archive, sha256)
    target.parent.mkdir(exist_ok=True)
    Path(copy.name).replace(target)
    for folder in (target.parent, night.home.archive):
        _sync_folder(folder)
    return sha256


def _chunks(source: IO[bytes], file: InboxFile) -> Iterator[bytes]:
    try:
        while chunk := source.read(CHUNK):
            yield chunk
    except OSError as error:
        raise UnreadableError(file.inbox_path) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _arrival(night: Night, file: InboxFile, sha256: str, earliest: datetime) -> dict[str, object]:
    return {
        "inbox_path": file.inbox_path,
        "folder_code": file.folder_code,
        "file_name": storable(file.path.name),
        "size_bytes": file.size_bytes,
        "modified_at": file.modified_at,
        "received_at": received_at(file.modified_at, earliest, night.as_of),
        "sha256": sha256,
        "submission_id": submission_id_of(sha256, file.folder_code),
        "run_id": night.run_id,
    }


def _report(taken_count: int, duplicate_count: int, later_count: int, skipped: list[str]) -> StepReport:
    zh = f"新收 {taken_count - duplicate_count} 个文件，重复 {duplicate_count} 个"
    en = f"{taken_count - duplicate_count} new files, {duplicate_count} received before"
    if later_count:
        zh += f"，{later_count} 个晚于截止时刻，留待以后"
        en += f", {later_count} later than the as-of moment"
    if skipped:
        names = "、".join(skipped[:NAMES_SHOWN]) + ("……" if len(skipped) > NAMES_SHOWN else "")
        zh += f"，未取 {len(skipped)} 个（链接、下级文件夹或暂时读不了的文件）：{names}"
        en += f", {len(skipped)} left alone (links, deeper folders, unreadable now): {names}"
    return StepReport(zh, en, taken_count)
