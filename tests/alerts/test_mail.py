"""A mail has arrived once every address has been taken, and a repeat can be told."""

import smtplib
from datetime import datetime
from pathlib import Path

import pytest

from jindu.alerts import channel, mail
from jindu.alerts.channel import ChannelError, send
from jindu.alerts.deliver import deliver
from jindu.alerts.digest import Digest, File
from jindu.settings import OFFICE_TIMEZONE, no_progress

from .conftest import Mailbox, Office

MOMENT = datetime(2024, 10, 10, 2, tzinfo=OFFICE_TIMEZONE)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits long before it tries again."""
    monkeypatch.setattr(channel, "PAUSES", (0.0, 0.01))


def digest_of(*files: File) -> Digest:
    """A digest with these files."""
    return Digest("abc123", "【进度】标题", "正文 <1>\n", "<p>正文 &lt;1&gt;</p>", (("a", "opened"),), MOMENT, files)


def address(box: Mailbox, *to: str, **more: str) -> str:
    """The URL of these addresses at the test's own server."""
    options = "".join(f"&{name}={value}" for name, value in more.items())
    return f"mailto://127.0.0.1:{box.port}/?from=jindu@example.org&to={','.join(to)}{options}"


def test_a_mail_is_text_and_html_under_the_digests_own_number(mailbox: Mailbox) -> None:
    send(address(mailbox, "a@example.org", "b@example.org", cc="c@example.org"), digest_of())
    [found], [envelope] = mailbox.mails, mailbox.envelopes
    assert found["Subject"] == "【进度】标题"
    assert found["Message-ID"] == "<abc123@example.org>" and found["X-Jindu-Digest"] == "abc123"
    assert found["To"] == "a@example.org, b@example.org" and found["Cc"] == "c@example.org"
    assert set(envelope) == {"a@example.org", "b@example.org", "c@example.org"}
    text, html = (found.get_body(preferencelist=(kind,)) for kind in ("plain", "html"))
    assert text is not None and text.get_content().replace("\r\n", "\n") == "正文 <1>\n"
    assert html is not None and "正文 &lt;1&gt;" in html.get_content()


def test_who_was_refused_is_tried_again_and_nobody_else(
    office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_MAIL", address(mailbox, "a@example.org", "b@example.org", bcc="c@example.org"))
    office.tell("街道领导", "JINDU_MAIL")
    office.open_case("a", "missed", "350502004001", "mediated")
    mailbox.refused = {"c@example.org"}
    report = deliver(office.night(10), no_progress)
    assert "1 of 3 addresses refused, 550" in report.detail_en and "example.org" not in report.detail_en
    assert office.notified() == set()
    assert [set(envelope) for envelope in mailbox.envelopes] == [{"a@example.org", "b@example.org"}]
    mailbox.refused = set()
    assert deliver(office.night(11), no_progress).sent_count == 1
    assert mailbox.envelopes[1:] == [["c@example.org"]]
    assert len({found["Message-ID"] for found in mailbox.mails}) == 1
    assert all(found["Bcc"] is None for found in mailbox.mails)
    assert office.notified() == {("a", "opened", "街道领导")}


@pytest.mark.parametrize(
    ("way", "answer"), [("silent", "250 OK"), ("gone", "250 OK"), ("whole", "451 try later"), ("whole", "354 what")]
)
def test_without_the_servers_yes_it_is_not_sent(
    mailbox: Mailbox, way: str, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "SECONDS", 0.3)
    mailbox.way, mailbox.answer = way, answer
    with pytest.raises(ChannelError, match="没有确认"):
        send(mailbox.url, digest_of())
    mailbox.way, mailbox.answer = "whole", "250 OK"
    send(mailbox.url, digest_of())
    assert len({found["Message-ID"] for found in mailbox.mails}) == 1, "whoever had it already can tell"


def test_nobody_listens() -> None:
    with pytest.raises(ChannelError, match="ConnectionRefusedError"):
        send("mailto://127.0.0.1:9/?from=jindu@example.org&to=a@example.org", digest_of())


def test_a_file_goes_with_it(mailbox: Mailbox, tmp_path: Path) -> None:
    book = tmp_path / "退回件.xlsx"
    book.write_bytes(b"PK" * 1000)
    send(mailbox.url, digest_of(File(book.name, book), File("gone.xlsx", tmp_path / "gone.xlsx")))
    [attached] = mailbox.mails[0].iter_attachments()
    assert attached.get_filename() == "退回件.xlsx" and attached.get_content() == b"PK" * 1000
    assert attached.get_content_type() == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def test_files_that_are_too_big_for_the_server_stay_behind(mailbox: Mailbox, tmp_path: Path) -> None:
    book = tmp_path / "退回件.xlsx"
    book.write_bytes(b"x" * 40_000)
    mailbox.largest = 20_000
    send(mailbox.url, digest_of(File(book.name, book)))
    assert list(mailbox.mails[0].iter_attachments()) == []


def test_a_server_that_drips_has_one_deadline(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "SECONDS", 0.3)
    mailbox.way = "silent"
    with pytest.raises(channel.HungChannelError):
        send(mailbox.url, digest_of())


def test_an_answer_that_broke_off_is_no_code() -> None:
    assert mail._words(smtplib.SMTPDataError(25, b"")) == "the server's answer broke off"
