"""From the archive into raw.document and raw.cell, each file once."""

import os
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from jindu.catalogue import load, store
from jindu.catalogue.store import SHIPPED_FOLDER
from jindu.settings import JinduError, Night, no_progress
from jindu.warehouse.connection import connect
from jindu.workbooks import read as reading
from jindu.workbooks.collect import archived_path, collect
from jindu.workbooks.read import read

from .conftest import AS_OF, Write, store_headings

Query = Callable[[str], list[tuple[object, ...]]]


def receive(night: Night, name: str, content: bytes) -> None:
    file = night.home.inbox / name
    file.write_bytes(content)
    at = (AS_OF - timedelta(days=1)).timestamp()
    os.utime(file, (at, at))


@pytest.fixture
def inbox(night: Night, write_workbook: Write) -> None:
    """A good workbook, a good CSV and a picture, collected."""
    store_headings(night)
    receive(night, "form.xlsx", write_workbook().read_bytes())
    receive(night, "b.csv", b"indicator_code,ytd_value,finished_on\nB01,95.5%,2024-03-15\n")
    receive(night, "c.png", b"\x89PNG\r\n\x1a\n")
    collect(night, no_progress)


@pytest.mark.usefixtures("inbox")
def test_documents_and_cells(night: Night, query: Query) -> None:
    seen: list[tuple[int, int]] = []
    report = read(night, lambda done, total: seen.append((done, total)))
    assert (report.count, seen) == (3, [(1, 3), (2, 3), (3, 3)])
    assert "1 of them unreadable" in report.detail_en
    assert query("select file_format, is_readable, refusal_code, report_month from raw.document order by all") == [
        ("csv", True, None, None),
        ("xlsx", True, None, date(2024, 9, 1)),
        (None, False, "not_a_workbook", None),
    ]
    assert query("select cell, number_value, date_value from raw.cell where sheet_name = 'b.csv' order by cell") == [
        ("A2", None, None),
        ("B2", Decimal("0.955"), None),
        ("C2", None, date(2024, 3, 15)),
    ]
    assert query("select count(*) from raw.cell where sheet_name = '社区工作月报'") == [(12,)]


@pytest.mark.usefixtures("inbox")
def test_twice_is_once(night: Night, query: Query) -> None:
    read(night, no_progress)
    before = query("select * from raw.document order by sha256"), query("select * from raw.cell order by all")
    assert read(night, no_progress).count == 0
    assert (query("select * from raw.document order by sha256"), query("select * from raw.cell order by all")) == before


@pytest.mark.usefixtures("inbox")
def test_killed_between_transactions_it_goes_on(night: Night, query: Query, monkeypatch: pytest.MonkeyPatch) -> None:
    record = reading.record
    monkeypatch.setattr(reading, "FILES_PER_TRANSACTION", 1)

    def record_one_and_die(*arguments: object) -> None:
        if query_count(arguments[0]) == 1:
            raise KeyboardInterrupt
        record(*arguments)  # type: ignore[arg-type]

    def query_count(connection: object) -> int:
        return len(connection.execute("select 1 from raw.document").fetchall())  # type: ignore[attr-defined]

    with monkeypatch.context() as patch:
        patch.setattr(reading, "record", record_one_and_die)
        with pytest.raises(KeyboardInterrupt):
            read(night, no_progress)
    assert query("select count(*) from raw.document") == [(1,)]
    assert read(night, no_progress).count == 2
    assert query("select count(*), count(distinct sha256) from raw.document") == [(3, 3)]


@pytest.mark.usefixtures("inbox")
def test_an_altered_archive_stops_the_night(night: Night, query: Query) -> None:
    ((sha256,),) = query("select sha256 from raw.submission where file_name = 'b.csv'")
    archived = archived_path(night.home.archive, str(sha256))
    archived.chmod(0o644)
    archived.write_text("altered")
    with pytest.raises(JinduError, match="备份"):
        read(night, no_progress)
    archived.unlink()
    with pytest.raises(JinduError, match="备份"):
        read(night, no_progress)


def test_without_the_reference_tables_it_says_so(night: Night) -> None:
    with pytest.raises(JinduError, match="表头对照表"):
        read(night, no_progress)


def test_a_night_and_a_dry_run_know_the_same_words(night: Night) -> None:
    catalogue = load(SHIPPED_FOLDER)
    with connect(night.home) as connection:
        store(connection, catalogue)
        assert reading._vocabulary(connection) == reading.vocabulary_of(catalogue.tables)
    assert reading.vocabulary_of(catalogue.tables)["不适用"] == "not_applicable"
