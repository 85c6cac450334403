"""A receipt says what became of a file, escapes what a sender wrote, and is on disk whole or not at all."""

import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from jindu.checks.expectations import Expectation, gate_expectations
from jindu.report.receipt import UNFINISHED, Receipt, ReceiptFolder, Remark, render, split_message
from jindu.settings import OFFICE_TIMEZONE, PROJECT_ROOT, JinduError

SLIP = Remark("critical", "月报", "F9", "走访", "12.5", "整数", "“走访”按次计数，应为整数，F9 是 12.5。请改成整数。")
COPIED = Remark("warning", None, None, None, "27", None, "本月数有 27 项，与上月一模一样。请核对是否忘了更新。")
RECEIPT = Receipt(
    submission_id="0123456789abcdef",
    sha256="ab" * 32,
    file_name="五月.xlsx",
    unit_code="350599001001",
    unit_name="甲社区",
    form_name="月报",
    report_month=date(2024, 5, 1),
    version=2,
    received_at=datetime(2024, 6, 6, 9, 30, tzinfo=OFFICE_TIMEZONE),
    due_on=date(2024, 6, 5),
    lock_on=date(2024, 6, 17),
    state="rejected",
    cells_asked_count=9,
    cells_filled_count=7,
    not_applicable_count=1,
    remarks=(COPIED, SLIP),
    explained_count=0,
    skipped_count=0,
    is_sample=False,
    confirmed_at=None,
)
CONFIRMED = replace(RECEIPT, confirmed_at=datetime(2024, 6, 10, 2, tzinfo=OFFICE_TIMEZONE))
NAME = "350599001001/2024-05_月报_第2版_回执_01234567.html"
KILLED_BEFORE_THE_NAME = """
import os, signal, sys
from pathlib import Path
from jindu.report.receipt import ReceiptFolder
from tests.report.test_receipt import RECEIPT
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with ReceiptFolder(Path(sys.argv[1])) as folder:
    folder.put(RECEIPT)
"""


class Page(HTMLParser):
    """The words of a page, its tags, and the classes of its table's rows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.rows: list[str] = []
        self._is_style = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self._is_style = tag == "style"
        if tag == "tr" and (row := dict(attrs).get("class")):
            self.rows.append(row)

    def handle_endtag(self, _tag: str) -> None:
        self._is_style = False

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._is_style:
            self.words.append(data.strip())

    @property
    def text(self) -> str:
        return " ".join(self.words)


def put(returns: Path, receipt: Receipt) -> bool:
    with ReceiptFolder(returns) as folder:
        return folder.put(receipt)


def names(returns: Path) -> list[str]:
    return sorted(str(path.relative_to(returns)) for path in returns.glob("*/*"))


def test_it_says_what_where_and_until_when() -> None:
    page = Page(render(RECEIPT))
    for told in ("甲社区", "月报", "2024年5月", "第 2 版", "2024年6月6日 09:30（逾期 1 天）", "ab" * 32, "退回",
                 "初步核对", "2024年6月5日（到期日）已过", "F9", "12.5", "整数",
                 "2024年6月17日（锁定日）以后重报，须填写“更正说明”",
                 "按次计数，应为整数，F9 是 12.5", "请改成整数", "请核对是否忘了更新"):  # fmt: skip
        assert told in page.text, told
    for count, what in (("9", "应填（格）"), ("7", "已填"), ("1", "其中不适用"), ("2", "空缺")):
        assert f"{count} {what}" in page.text
    assert page.rows == ["critical", "warning"]


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("accepted", "数值已计入，不用再报"),
        ("held", "请在 2024年6月17日（锁定日）以前办完"),
        ("superseded", "后来的一版已代替这一版"),
        ("withdrawn", "这一版已撤回"),
    ],
)
def test_every_state_says_what_to_do(state: str, told: str) -> None:
    page = Page(render(replace(CONFIRMED, state=state, remarks=())))
    assert told in page.text
    assert "夜间运行已确认，截至 2024年6月10日 02:00" in page.text
    assert "初步核对" not in page.text


@pytest.mark.parametrize("state", ["held", "rejected"])
def test_a_lock_day_that_is_over_is_no_deadline(state: str) -> None:
    on_the_day = replace(CONFIRMED, state=state, confirmed_at=datetime(2024, 6, 17, 2, tzinfo=OFFICE_TIMEZONE))
    over = replace(on_the_day, confirmed_at=datetime(2024, 6, 18, 2, tzinfo=OFFICE_TIMEZONE))
    told = "2024年6月17日（锁定日）已过，请尽快重报，并填写“更正说明”。"
    assert told in over.advice and told not in on_the_day.advice
    assert not any("以前" in sentence or "以后" in sentence for sentence in over.advice)
    assert over.digest != on_the_day.digest  # so that the night writes it anew, once
    assert over.digest == replace(over, confirmed_at=datetime(2024, 6, 19, 2, tzinfo=OFFICE_TIMEZONE)).digest


def test_nothing_that_a_sender_wrote_is_markup() -> None:
    hostile = "<script>alert(1)</script>\u202e“&"
    written = replace(SLIP, cell=hostile, indicator_name=hostile, found=hostile, expected=hostile, message_zh=hostile)
    receipt = replace(RECEIPT, file_name=hostile, unit_name=hostile, form_name=hostile, remarks=(written,))
    page = Page(render(receipt))
    assert page.tags.isdisjoint({"script", "img", "link", "a", "iframe"})
    assert page.attributes.isdisjoint({"src", "href", "onload", "onclick", "onerror"})
    assert "<script>alert(1)</script>" in page.text
    assert "\u202e" not in page.text  # it would turn the text around
    assert receipt.path.parts == ("350599001001", "2024-05_script_alert(1)_script_第2版_回执_01234567.html")


def test_nothing_comes_from_outside() -> None:
    text = render(CONFIRMED)
    assert "//" not in text
    assert "default-src 'none'" in text


@pytest.mark.parametrize("unit", ["..", "a/../../b", "/etc", ".hidden"])
def test_a_receipt_stays_below_returns(unit: str) -> None:
    path = replace(RECEIPT, unit_code=unit).path
    assert len(path.parts) == 2 and not path.parts[0].startswith((".", "/"))


def test_a_file_that_nobody_knows_is_to_be_claimed() -> None:
    unknown = replace(RECEIPT, unit_code=None, unit_name=None, form_name=None, report_month=None, version=None,
                      due_on=None, lock_on=None, cells_asked_count=0, file_name=f"{'长' * 90}.xlsx")  # fmt: skip
    assert str(unknown.path) == f"待认领/{'长' * 40}_回执_01234567.html"
    assert "没有认出" in Page(render(unknown)).text


def test_a_long_list_ends() -> None:
    page = Page(render(replace(RECEIPT, remarks=(SLIP,) * 1000)))
    assert len(page.rows) == 300
    assert "另有 700 条没有列出" in page.text


@pytest.mark.parametrize("rule", gate_expectations("incoming"), ids=lambda rule: rule.code)
def test_every_message_says_what_is_wrong_and_what_to_do(rule: Expectation) -> None:
    message = rule.message_zh.replace("{refusal_zh}", "工作簿设有打开密码，请去掉密码、保存后再报送。")
    problem, remedy = split_message(message)
    assert problem
    assert remedy or rule.severity == "information"


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ("“走访”的 D12 填的“30余”是个大概的数。请填准确数。", "D12 填的“30余”是个大概的数"),
        ("“走访”按次计数，应为整数，F9 是 12.5。请改成整数。", "按次计数，应为整数，F9 是 12.5"),
        ("“走访”是 132，上月 100 加减本月变动应为 103。请更正。", "“走访”是 132，上月 100 加减本月变动应为 103"),
        (
            "“走访”在 D12 是 7，不能大于它所属的“受理”（≤ 5）。请核对。",
            "“走访”在 D12 是 7，不能大于它所属的“受理”（≤ 5）",
        ),
    ],
)
def test_a_problem_keeps_what_it_is_about(message: str, problem: str) -> None:
    """The indicator's name stands beside it and is left out, but only where a sentence is left."""
    assert Remark("warning", "月报", "D12", "走访", "7", "≤ 5", message).problem == problem


def test_a_message_is_not_cut_inside_a_quotation() -> None:
    assert split_message("C3 的“约三。请看”读不成数字。请只填数字。") == ("C3 的“约三。请看”读不成数字", "请只填数字")
    assert split_message("读不出来：有密码，请去掉密码。") == ("读不出来：有密码", "请去掉密码")


def test_twice_is_once_and_a_night_confirms(tmp_path: Path) -> None:
    assert put(tmp_path, RECEIPT)
    assert not put(tmp_path, RECEIPT)
    assert put(tmp_path, CONFIRMED)
    confirmed = (tmp_path / NAME).read_bytes()
    assert not put(tmp_path, replace(CONFIRMED, confirmed_at=datetime(2024, 6, 11, 2, tzinfo=OFFICE_TIMEZONE)))
    assert not put(tmp_path, RECEIPT)  # a first look that comes late
    assert (tmp_path / NAME).read_bytes() == confirmed
    assert put(tmp_path, replace(CONFIRMED, state="superseded"))
    assert names(tmp_path) == [NAME]
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o644


def test_a_receipt_whose_name_changes_leaves_no_second(tmp_path: Path) -> None:
    put(tmp_path, replace(RECEIPT, unit_code=None, version=None))
    put(tmp_path, CONFIRMED)
    assert names(tmp_path) == [NAME]


def test_only_a_first_look_is_taken_back(tmp_path: Path) -> None:
    put(tmp_path, RECEIPT)
    with ReceiptFolder(tmp_path) as folder:
        assert folder.withdraw("01234567")
        folder.put(CONFIRMED)
        assert not folder.withdraw("01234567")
    assert names(tmp_path) == [NAME]


def test_killed_before_it_has_its_name_no_half_receipt_stays(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-c", KILLED_BEFORE_THE_NAME, str(tmp_path)], check=False, cwd=PROJECT_ROOT
    )
    assert process.returncode == -signal.SIGKILL
    (left,) = names(tmp_path)
    assert Path(left).name.startswith(UNFINISHED)
    assert put(tmp_path, RECEIPT)
    assert names(tmp_path) == [NAME]


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_takes_nothing_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "returns").mkdir(mode=0o500)
    with pytest.raises(JinduError, match="无法写入回执文件夹"):
        put(tmp_path / "returns", RECEIPT)


def test_a_disk_that_is_full_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(JinduError, match=r"No space left on device.*清理磁盘空间"):
        put(tmp_path, RECEIPT)
    assert names(tmp_path) == []
