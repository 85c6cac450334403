"""The night answers every file that it took in: as it judged it, once, whatever it was killed at."""

import os
import re
import shutil
from pathlib import Path

import pytest

from jindu.report.receipt import Receipt, ReceiptFolder
from jindu.returning import write_returns
from jindu.settings import Home, JinduError, Night, no_progress
from jindu.warehouse.connection import connect
from jindu.warehouse.models import build_one, needed
from tests.nightly.small_office import AS_OF, fill_inbox, write_office
from tests.watch.plain_night import SHORT, run_night

EAST, WEST = "350599001001", "350599001002"
NEXT_NIGHT = "2024-06-11T02:00"
NOBODYS = "谁的.csv"
NUMBER = re.compile(r"<b>(\d+)</b>(应填|已填|其中不适用)")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """A night of the small office, with one file that names no unit; no test writes here."""
    folder = tmp_path_factory.mktemp("returns")
    write_office(folder / "reference")
    home = Home(folder / "home")
    fill_inbox(home, folder / "reference")
    put(home, NOBODYS, "一封信", like=f"{EAST}/monthly_甲_2024-01.xlsx")
    return run_night(home, folder / "reference", AS_OF, steps=SHORT)


@pytest.fixture
def night(office: Night, tmp_path: Path) -> Night:
    """The same night in a copy of its home."""
    home = Home(Path(shutil.copytree(office.home.root, tmp_path / "home", symlinks=True)))
    return Night(home, office.reference, office.as_of, office.run_id, office.attempt)


def put(home: Home, name: str, content: str | bytes, like: str) -> None:
    """A file in the inbox that came when another did."""
    path, moment = home.inbox / name, (home.inbox / like).stat().st_mtime
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (moment, moment))


def pages(home: Home) -> dict[str, str]:
    return {
        str(path.relative_to(home.returns)): path.read_text(encoding="utf-8")
        for path in sorted(home.returns.glob("*/*.html"))
    }


def test_every_file_has_one_that_says_what_the_night_found(office: Night) -> None:
    found = {page.split("回执编号 ")[1][:16]: page for page in pages(office.home).values()}
    with connect(office.home, read_only=True) as connection:
        rows = connection.execute(
            "select submission_id, file_name, sha256, version, cell_count.cells_asked_count,"
            " cell_count.cells_filled_count, cell_count.not_applicable_count, submission.state,"
            " (select count(*) from raw.finding where finding.submission_id = submission.submission_id"
            "  and (severity = 'critical' or severity = 'warning' and not is_explained))"
            " from core.submission inner join core.cell_count using (submission_id)"
        ).fetchall()
    assert {row[0] for row in rows} == set(found)
    assert {row[7] for row in rows} >= {"accepted", "held", "rejected"}
    words = {"accepted": "已接收", "held": "待核实", "rejected": "退回", "superseded": "已有新版"}
    for number, file_name, sha256, version, asked, filled, not_applicable, state, finding_count in rows:
        page = found[number]
        assert file_name in page and sha256 in page and f"<b>{words[state]}</b>" in page
        assert version is None or f"第 {version} 版" in page
        counts = [int(count) for count, _ in NUMBER.findall(page)]
        assert counts == ([asked, filled, not_applicable] if asked else [])
        assert page.count('<tr class="') == finding_count
        assert "夜间运行已确认，截至 2024年6月10日 02:00" in page


def test_a_file_of_nobody_is_to_be_claimed(office: Night) -> None:
    (page,) = [page for name, page in pages(office.home).items() if name.startswith("待认领/谁的_回执_")]
    assert "没有认出" in page


def test_no_name_of_a_person_and_no_note_is_in_any(office: Night) -> None:
    with connect(office.home, read_only=True) as connection:
        personal = {
            text
            for (text,) in connection.execute(
                "select filled_by from raw.document union select approved_by from raw.document"
                " union select correction_reason from raw.document union select note from core.reading"
            ).fetchall()
            if text
        }
    assert len(personal) > 2
    assert not [text for text in personal for page in pages(office.home).values() if text in page]


def test_what_asks_nothing_of_the_sender_is_not_listed(night: Night) -> None:
    with connect(night.home) as connection:
        number = connection.execute("select submission_id from core.submission where state = 'accepted'").fetchone()
        assert number is not None
        for severity, message, is_explained in (
            ("information", "给统筹办看。", False),
            ("warning", "已经说明。", True),
        ):
            connection.execute(
                "insert into raw.finding (run_id, gate, finding_id, rule_code, severity, submission_id, message_zh,"
                " message_en, is_explained) values (?, 'incoming', ?, 'a_rule', ?, ?, ?, '', ?)",
                [night.run_id, severity, severity, number[0], message, is_explained],
            )
        (answer,) = [model for model in needed(["core.finding_answer"]) if model.name == "core.finding_answer"]
        build_one(connection, night.as_of, answer)
    write_returns(night, no_progress)
    (page,) = [page for page in pages(night.home).values() if f"回执编号 {number[0]}" in page]
    assert "给统筹办看" not in page and "已经说明" not in page
    assert "另有核实性问题 1 条，已有说明或已核实" in page


def test_twice_is_once(night: Night) -> None:
    before = pages(night.home)
    assert write_returns(night, no_progress).count == 0
    assert pages(night.home) == before


def test_what_is_missing_or_was_a_first_look_is_written_again(night: Night) -> None:
    before = pages(night.home)
    first, second, *_ = before
    (night.home.returns / first).unlink()
    text = before[second].replace(" confirmed ", " preliminary ")
    (night.home.returns / second).write_text(text, encoding="utf-8")
    assert write_returns(night, no_progress).count == 2
    assert pages(night.home) == before


def test_killed_midway_the_next_run_completes(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    before = pages(night.home)
    shutil.rmtree(night.home.returns)
    put_one, written = ReceiptFolder.put, 0

    def die(self: ReceiptFolder, receipt: Receipt) -> bool:
        nonlocal written
        written += 1
        if written > 4:
            raise KeyboardInterrupt
        return put_one(self, receipt)

    with monkeypatch.context() as patch:
        patch.setattr(ReceiptFolder, "put", die)
        with pytest.raises(KeyboardInterrupt):
            write_returns(night, no_progress)
    assert len(pages(night.home)) == 4
    assert write_returns(night, no_progress).count == len(before) - 4
    assert pages(night.home) == before


def test_a_newer_version_rewrites_what_it_replaces_and_nothing_else(night: Night) -> None:
    before = pages(night.home)
    (old,) = [name for name in before if name.startswith(f"{WEST}/2024-05_月报_第1版")]
    source = night.home.inbox / WEST / "monthly_乙_2024-05.xlsx"
    put(night.home, f"{WEST}/更正.xlsx", source.read_bytes() + b"\0", like=f"{WEST}/{source.name}")
    os.utime(night.home.inbox / WEST / "更正.xlsx", (night.as_of.timestamp() + 3600,) * 2)
    run_night(night.home, night.reference, NEXT_NIGHT, steps=SHORT)
    after = pages(night.home)
    (new,) = after.keys() - before.keys()
    assert new.startswith(f"{WEST}/2024-05_月报_第2版_回执_")
    assert {name for name in before if after[name] != before[name]} == {old}
    assert "后来的一版已代替这一版" in after[old] and "2024年6月11日" in after[old]


def test_the_units_that_are_asked_have_folders(night: Night) -> None:
    shutil.rmtree(night.home.inbox / WEST)
    shutil.rmtree(night.home.returns)
    write_returns(night, no_progress)
    assert "乙社区" in (night.home.inbox / WEST / "说明.txt").read_text(encoding="utf-8-sig")
    assert not (night.home.inbox / EAST / "说明.txt").exists()  # a folder that its sender has is left alone
    assert (night.home.returns / EAST).is_dir()


def test_a_home_that_takes_no_receipt_fails_the_step(night: Night) -> None:
    shutil.rmtree(night.home.returns)
    night.home.returns.write_text("a file where the folder should be")
    with pytest.raises(JinduError, match=r"文件夹.*权限"):
        write_returns(night, no_progress)
