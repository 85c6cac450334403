"""The night's step that answers every sender: a receipt for each file, and the workbook with its findings beside it."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jindu.report.receipt import Receipt, ReceiptFolder
from jindu.report.returns import asked_units, make_folders, receipts_of
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError, Night, Progress, StepReport
from jindu.warehouse.connection import connect
from jindu.workbooks.collect import archived_path
from jindu.workbooks.finding_sheet import FindingList, Note
from jindu.workbooks.marking import CHANGED, Marker

TOGETHER = 50  # workbooks marked before they are put into the folder, which others wait for meanwhile
REMEDY = "请核对后改正"
MARKS = "点“位置”可跳到那一格；标色的格子改动后颜色自动消去，批注写明原因。"
HOW_TO = "可以直接在本文件里改好，存盘后放进收件文件夹；本页不用删，下次核对会换新。"
Source = Callable[[Receipt], Path | None]


def write_returns(night: Night, progress: Progress) -> StepReport:
    """Write the receipts and workbooks that are missing, unconfirmed or no longer true, as the night found things.

    Raises JinduError when the disk is full or the folder takes nothing.
    """
    with connect(night.home, read_only=True) as connection:
        receipts = receipts_of(connection, night)
        units = asked_units(connection)
    made_count = make_folders(night.home, units)
    states: Counter[str] = Counter()
    with ReceiptFolder(night.home.returns) as folder:
        for done, receipt in enumerate(receipts, start=1):
            states[receipt.state_word] += folder.put(receipt)
            progress(done, len(receipts))
    books = write_books(night.home, receipts, lambda one: archived_path(night.home.archive, one.sha256), "night")
    return _report(+states, made_count, books)


def write_books(home: Home, receipts: Iterable[Receipt], source: Source, writer: str) -> int:
    """Put the workbooks beside the receipts that stand there and lack them; their number.

    `source` says where a file lies; one that changed meanwhile is left out. `writer` names who writes: one of each.
    Raises JinduError when the disk is full, the folder takes nothing or the marking process does not start.
    """
    with ReceiptFolder(home.returns) as folder:
        lacking = [receipt for receipt in receipts if folder.lacks_book(receipt)]
    count = 0
    if lacking:
        with _drafts(home, writer) as drafts, Marker() as marker:
            for start in range(0, len(lacking), TOGETHER):
                batch = lacking[start : start + TOGETHER]
                made = [_draft(marker, receipt, source(receipt), drafts) for receipt in batch]
                with ReceiptFolder(home.returns) as folder:
                    pairs = zip(batch, made, strict=True)
                    count += sum(folder.place_book(receipt, draft) for receipt, draft in pairs if draft)
    return count


def finding_list(receipt: Receipt) -> FindingList:
    """What the first sheet says of a file."""
    facts = [
        receipt.unit_name or receipt.unit_code,
        receipt.form_name,
        f"{receipt.report_month.year}年{receipt.report_month.month}月" if receipt.report_month else None,
        f"第 {receipt.version} 版" if receipt.version else None,
        f"{receipt.received_at.astimezone(OFFICE_TIMEZONE):%Y-%m-%d %H:%M} 收到",
        receipt.file_name,
        "示例" if receipt.is_sample else None,
    ]
    counts = [("强制性", receipt.critical_count), ("核实性", receipt.warning_count)]
    found = "，".join(f"{word} {count} 条" for word, count in counts if count)
    return FindingList(
        f"校验结果：{receipt.state_word}（{found}）",
        [
            "  ".join(fact for fact in facts if fact),
            "".join(receipt.advice),
            MARKS + (HOW_TO if receipt.overtaken_by is None and not receipt.is_put_right else ""),
        ],
        [
            Note(
                severity=remark.severity,
                sheet_name=remark.sheet_name,
                cell=remark.cell,
                indicator_name=remark.indicator_name,
                found=remark.found,
                expected=remark.expected,
                problem=remark.problem,
                remedy=remark.remedy or REMEDY,
            )
            for remark in receipt.all_remarks
        ],
    )


def _draft(marker: Marker, receipt: Receipt, source: Path | None, drafts: Path) -> Path | None:
    """The workbook to return, under a name of its own; None when the file is gone or another one by now."""
    draft = drafts / f"{receipt.submission_id}.xlsx"
    findings = finding_list(receipt)
    if not receipt.may_be_opened:
        marker.list_alone(draft, findings)
    elif source is None or marker.mark(source, receipt.sha256, draft, findings) == CHANGED:
        return None
    return draft


@contextmanager
def _drafts(home: Home, writer: str) -> Iterator[Path]:
    """A folder for unfinished workbooks, on the disk of the finished ones; what a killed writer left there goes."""
    folder = home.root / f".marking-{writer}"
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        yield folder
    except OSError as error:
        raise JinduError(
            f"无法在 {home.root} 中写出带标注的工作簿：{error.strerror or error}。"
            "请清理磁盘空间或修正权限后重新运行，缺少的会补上。",
            f"Cannot write marked workbooks in {home.root}: {error.strerror or error}. "
            "Make room on the disk or mend its permissions and run again; missing ones are then written.",
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _report(states: Counter[str], made_count: int, book_count: int) -> StepReport:
    count = states.total()
    zh = f"写出回执 {count} 份" + (
        f"（{'，'.join(f'{word} {n}' for word, n in sorted(states.items()))}）" if count else ""
    )
    en = f"{count} receipts written"
    if book_count:
        zh += f"，退回标注的工作簿 {book_count} 份"
        en += f", {book_count} marked workbooks returned"
    if made_count:
        zh += f"，新建收件文件夹 {made_count} 个"
        en += f", {made_count} new inbox folders"
    return StepReport(zh, en, count)
