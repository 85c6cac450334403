"""A copy of what cannot be worked out again: archive with its journals, decisions, reference folder. And back.

The manifest is written last: a folder without it is no backup. A restored home is the backup's, byte for byte, or not
there at all.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from jindu.lock import locked
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError, Progress, no_progress
from jindu.warehouse.connection import PRIVATE_FILE, PRIVATE_FOLDER
from jindu.warehouse.history import fsync

MANIFEST = "manifest.json"
UNFINISHED = "unfinished"  # lies in a backup that is being written
FORMAT = 1
PATIENCE = 600.0  # seconds that a backup waits for a running night: several times what one takes
GROWING = ("decisions", "archive/journal")  # copied first, while nobody writes: they name what the rest must hold
CHUNK = 1024 * 1024
FULL_OR_FORBIDDEN = "请检查磁盘空间和权限后重新执行"


@dataclass(frozen=True)
class Backup:
    """A whole backup: when it was made, and how many files and bytes it holds."""

    place: Path
    made_at: datetime
    files_count: int
    size_bytes: int


def back_up(home: Home, reference: Path | None, place: Path, progress: Progress = no_progress) -> Backup:
    """Copy the home's record into an empty folder; the home is kept still only for the files that grow.

    Raises JinduError for a folder that holds something, a home without an archive, and a disk that takes nothing.
    """
    if not home.archive.is_dir():
        raise JinduError(
            f"{home.root} 里没有归档，没有可备份的内容。请用 --home 指定工作目录。",
            f"{home.root} has no archive: there is nothing to back up. Name the home with --home.",
        )
    if place.resolve().is_relative_to(home.root.resolve()):
        raise JinduError(
            f"{place} 在工作目录 {home.root} 里面，盘坏了备份也就没了。请换到别处，最好是另一块盘。",
            f"{place} lies in the home {home.root} itself. Name a folder elsewhere, best on another disk.",
        )
    _begin(place)
    try:
        listed: dict[str, str] = {}
        with locked(home, patience=PATIENCE), locked(home, patience=PATIENCE, path=home.decision_lock):
            for name in GROWING:
                _copy_tree(home.root / name, place / name, name, listed, no_progress)
            settled = [path for path in _files(home.archive) if not _is_growing(path, home)]
        for done, path in enumerate(settled, start=1):
            name = path.relative_to(home.root).as_posix()
            listed[name] = _copy(path, place / name)
            progress(done, len(settled))
        if reference is not None:
            _copy_tree(reference, place / "reference", "reference", listed, no_progress)
        _check_archive(listed)
        return _seal(place, listed)
    except OSError as error:
        raise JinduError(
            f"备份没有做成，{place} 不能用：{error}。{FULL_OR_FORBIDDEN}。",
            f"The backup was not made, {place} is of no use: {error}. Check space and permissions and do it again.",
        ) from error


def restore(place: Path, home: Home, progress: Progress = no_progress) -> Backup:
    """Make a home of a backup; every file is compared with the manifest before the home is there.

    Raises JinduError for a folder that is no whole backup, a file that is missing or altered, and a home that holds
    something.
    """
    manifest = _manifest(place)
    _refuse_taken(home.root)
    building = home.root.with_name(f".{home.root.name}.restoring")
    shutil.rmtree(building, ignore_errors=True)  # what a killed one left
    try:
        for done, (name, sha256) in enumerate(sorted(manifest["files"].items()), start=1):
            source = place / name
            if not source.is_file() or source.is_symlink():
                raise _altered(place, name)
            if _copy(source, building / name) != sha256:
                raise _altered(place, name)
            progress(done, len(manifest["files"]))
        _sync_folders(building)
        home.root.parent.mkdir(parents=True, exist_ok=True)
        building.rename(home.root)  # over an empty folder, or where there is none
        fsync(home.root.parent)
    except OSError as error:
        raise JinduError(
            f"没有恢复成，{home.root} 未动：{error}。{FULL_OR_FORBIDDEN}；--home 是挂载点时，请改用其中的一个文件夹。",
            f"Nothing was restored, {home.root} is as it was: {error}. Check space and permissions and do it again; "
            "where --home is a mount point, name a folder in it.",
        ) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return _told(home.root, manifest)


def _begin(place: Path) -> None:
    """An empty folder; what an earlier backup left unfinished there goes."""
    try:
        place.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        if (place / UNFINISHED).is_file():
            for left in place.iterdir():
                if left.name != UNFINISHED:
                    shutil.rmtree(left) if left.is_dir() else left.unlink()
        elif any(place.iterdir()):
            raise JinduError(
                f"{place} 不是空文件夹。请换一个，每次备份用一个新的文件夹。",
                f"{place} is not empty. Name another: each backup has a folder of its own.",
            )
        (place / UNFINISHED).touch()
    except OSError as error:
        raise JinduError(
            f"写不进 {place}：{error.strerror}。{FULL_OR_FORBIDDEN}。",
            f"{place} cannot be written: {error.strerror}. Check space and permissions and do it again.",
        ) from error


def _seal(place: Path, listed: Mapping[str, str]) -> Backup:
    """The manifest, whole or not at all, when everything else is on the disk."""
    _sync_folders(place)
    manifest = {
        "format": FORMAT,
        "made_at": datetime.now(OFFICE_TIMEZONE).isoformat(timespec="seconds"),
        "size_bytes": sum((place / name).stat().st_size for name in listed),
        "files": dict(sorted(listed.items())),
    }
    draft = place / f".{MANIFEST}"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(manifest | {"sha256": _digest(manifest)}, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    (place / UNFINISHED).unlink()
    draft.replace(place / MANIFEST)
    fsync(place)
    return _told(place, manifest)


def _manifest(place: Path) -> dict[str, Any]:
    try:
        found = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        stated = found.pop("sha256")
        is_whole = stated == _digest(found) and found["format"] == FORMAT and all(map(_is_inside, found["files"]))
    except (OSError, ValueError, KeyError, AttributeError):
        is_whole = False
    if not is_whole:
        raise JinduError(
            f"{place} 不是一份完整的备份（{MANIFEST} 没有或已损坏）。请换一份备份。",
            f"{place} is no whole backup ({MANIFEST} is missing or damaged). Use another one.",
        )
    return dict(found)


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _refuse_taken(root: Path) -> None:
    if root.exists() and any(root.iterdir()):
        raise JinduError(
            f"{root} 不是空文件夹。只能恢复到空的或还没有的工作目录，请用 --home 另指定一个。",
            f"{root} is not empty. A backup is restored into an empty home, or one that is not there: "
            "name another with --home.",
        )


def _copy_tree(source: Path, target: Path, name: str, listed: dict[str, str], progress: Progress) -> None:
    files = list(_files(source))
    for done, path in enumerate(files, start=1):
        relative = path.relative_to(source)
        listed[f"{name}/{relative.as_posix()}"] = _copy(path, target / relative)
        progress(done, len(files))


def _files(folder: Path) -> Iterator[Path]:
    """Regular files, in order; not what is being written, nor locks, nor links."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not path.is_symlink() and not hidden:
            yield path


def _is_growing(path: Path, home: Home) -> bool:
    return any(path.is_relative_to(home.root / name) for name in GROWING)


def _copy(source: Path, target: Path) -> str:
    """Copy a file whole and synced, with its times and mode; its SHA-256."""
    target.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with source.open("rb") as original, target.open("xb") as copy:
        os.fchmod(copy.fileno(), PRIVATE_FILE)
        while chunk := original.read(CHUNK):
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    shutil.copystat(source, target)
    return digest.hexdigest()


def _check_archive(listed: Mapping[str, str]) -> None:
    """Raise JinduError for an archived file that is not what its name says: it is the last moment to notice."""
    for name, sha256 in listed.items():
        parts = PurePosixPath(name).parts
        if parts[0] == "archive" and parts[1] != "journal" and parts[-1] != sha256:
            raise JinduError(
                f"归档文件 {name} 的内容已变，备份中止。请从以前的备份恢复这个文件后重新执行。",
                f"The archived file {name} is altered; the backup stops. "
                "Restore it from an earlier backup and do it again.",
            )


def _sync_folders(place: Path) -> None:
    for folder in [place, *(path for path in place.rglob("*") if path.is_dir())]:
        fsync(folder)


def _digest(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _told(place: Path, manifest: Mapping[str, Any]) -> Backup:
    made_at = datetime.fromisoformat(manifest["made_at"])
    return Backup(place, made_at, len(manifest["files"]), manifest["size_bytes"])


def _altered(place: Path, name: str) -> JinduError:
    return JinduError(
        f"备份里的 {place / name} 没有或已损坏，什么也没有恢复。请换一份备份。",
        f"{place / name} of the backup is missing or damaged; nothing was restored. Use another backup.",
    )
