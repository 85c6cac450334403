"""A night with a hand-made private database and published copy, and real receivers on loopback."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copytree
from socket import socket
from threading import Thread
from typing import Any

import duckdb
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from jindu.alerts import channel, robots
from jindu.settings import OFFICE_TIMEZONE, Home, Night
from jindu.warehouse import connection
from jindu.warehouse.connection import connect

REFERENCE = """
create or replace table reference.org_unit as
    select * from (values
        ('350502', '鲤城区', '鲤城区', null),
        ('350502004', '开元街道', '开元', '350502'),
        ('350502004001', '红梅社区', '红梅', '350502004'),
        ('350502004002', '新峰社区', null, '350502004')
    ) as unit (code, name, short_name, parent_code);
create or replace table reference.theme as select 'welfare' as code, '民生' as name_zh;
create or replace table reference.indicator as
    select * from (values
        ('mediated', '纠纷调解数', 'Disputes mediated', 'order', 'public'),
        ('orphans', '孤儿保障人数', 'Orphans supported', 'welfare', 'restricted'),
        ('allowance', '低保户数', null, 'welfare', 'internal')
    ) as indicator (code, name_zh, name_en, theme, publicity);
create or replace table reference.form as select 'community_monthly' as code, '社区月报' as name_zh;
create or replace table reference.setting as select 'office_code' as key, '350502004' as value;
create or replace table reference.recipient
    (name text, channel text, scope text, content text, language text, quiet_from text, quiet_to text);
create or replace table reference.route (
    recipient_name text, org_unit_code text, department text, theme_code text, indicator_code text, kind text,
    severity text, from_level text
);
"""
PUBLISHED = """
create schema mart;
create table mart.alert_case (
    case_id text, kind text, org_unit_code text, indicator_code text, form_code text, plan_year integer,
    report_month date, state text, opened_at timestamptz, notified_at timestamptz, acknowledged_at timestamptz,
    escalated_at timestamptz, resolved_at timestamptz, owner text, summary_zh text, summary_en text, severity text,
    since_month date, as_of_month date, snoozed_until date, assignee text, gap_value decimal(24, 6),
    needed_monthly_value decimal(24, 6), projected_value decimal(24, 6), probability_ratio decimal(9, 4), page text,
    is_told boolean
);
create table mart.completion (
    org_unit_code text, indicator_code text, report_month date, status text, pace_ratio decimal(24, 6), status_rule text
);
create table mart.alert_route (case_id text, recipient_name text, level integer);
create table mart.alert_event (case_id text, about_id text);
create table mart.submission (
    submission_id text, form_code text, org_unit_code text, report_month date, file_name text, state text,
    received_at timestamptz
);
create table mart.finding (
    submission_id text, severity text, sheet_name text, cell text, rule_code text, message_zh text, message_en text,
    state text
);
create table mart.org_unit as
    select * from (values
        ('350502', '鲤城区', '鲤城区', false),
        ('350502004', '开元街道', '开元', true),
        ('350502004001', '红梅社区', '红梅', false),
        ('350502004002', '新峰社区', null, false)
    ) as unit (org_unit_code, name, short_name, is_office);
create table mart.indicator as
    select * from (values
        ('mediated', '纠纷调解数', 'Disputes mediated', 'flow', '件', 0, 'public'),
        ('orphans', '孤儿保障人数', 'Orphans supported', 'stock', '人', 0, 'restricted'),
        ('allowance', '低保户数', null, 'stock', '户', 0, 'internal')
    ) as indicator (indicator_code, name_zh, name_en, kind, unit, decimals, publicity);
create table mart.english as
    select * from (values
        ('红梅', 'Hongmei'), ('社区月报', 'Community monthly report'), ('综治办', 'Public order office')
    ) as english (name, name_en);
create table mart.form as select 'community_monthly' as form_code, '社区月报' as name_zh;
create table mart.run as
    select '2024-10-10T02:00:00' as run_id, timestamptz '2024-10-10 02:00:00+08' as as_of_at, 1 as attempts_count;
"""


def moment_of(day: int) -> datetime:
    """02:00 of a day of October 2024, in office time."""
    return datetime(2024, 10, day, 2, tzinfo=OFFICE_TIMEZONE)


@dataclass(frozen=True)
class Office:
    """A home whose recipients and cases a test writes by hand."""

    home: Home
    reference: Path
    names: list[str] = field(default_factory=list)  # of the recipients that were added here

    def night(self, day: int = 10, attempt: int = 1) -> Night:
        """The night of a day of October 2024, 02:00 in office time."""
        as_of = moment_of(day)
        return Night(self.home, self.reference, as_of, as_of.replace(tzinfo=None).isoformat(), attempt)

    def tell(self, name: str, channel: str | None = None, scope: str | None = None, **more: str) -> None:
        """Add a recipient."""
        values = [name, channel, scope, *(more.get(key) for key in ("content", "language", "quiet_from", "quiet_to"))]
        self.execute("insert into reference.recipient values (?, ?, ?, ?, ?, ?, ?)", values)
        self.names.append(name)

    def open_case(
        self,
        case_id: str,
        kind: str,
        unit: str | None,
        indicator: str | None,
        *,
        to: dict[str, int] | None = None,
        **more: Any,
    ) -> None:
        """Publish an open case of September 2024, routed to these recipients and levels; without `to` to everybody."""
        values = {
            "case_id": case_id,
            "kind": kind,
            "org_unit_code": unit,
            "indicator_code": indicator,
            "form_code": more.pop("form", None),
            "summary_zh": more.pop("summary", "完成 50,应完成 90"),
            "summary_en": "50 of 90 due",
            **more,
        }
        if to is None:
            names = self.names or [name for (name,) in self.execute("select name from reference.recipient")]
            to = dict.fromkeys(names, 0)
        with duckdb.connect(self.home.published) as copy:
            copy.execute(
                f"""
                insert into mart.alert_case by name
                select 2024 as plan_year, date '2024-09-01' as report_month, 'open' as state, true as is_told,
                    timestamptz '2024-10-10 02:00:00+08' as opened_at, {", ".join(f"? as {name}" for name in values)}
                """,
                list(values.values()),
            )
            copy.execute("insert into mart.alert_event values (?, ?)", [case_id, None])
            for name, level in to.items():
                copy.execute("insert into mart.alert_route values (?, ?, ?)", [case_id, name, level])

    def open_many(self, kind: str, count: int, **more: Any) -> None:
        """Publish so many open cases of 红梅, each of an indicator of its own, all called 纠纷调解数."""
        self.publish(
            "insert into mart.indicator by name select ? || place as indicator_code, '纠纷调解数' as name_zh,"
            " 'flow' as kind, '件' as unit, 0 as decimals, 'public' as publicity from range(?) as number (place)",
            [kind, count],
        )
        self.open_case(f"{kind}0", kind, "350502004001", f"{kind}0", **more)
        for table, columns in (
            ("alert_case", ("case_id", "indicator_code")),
            ("alert_route", ("case_id",)),
            ("alert_event", ("case_id",)),
        ):
            replaced = ", ".join(f"'{kind}' || place as {name}" for name in columns)
            self.publish(
                f"insert into mart.{table} select {table}.* replace ({replaced})"
                f" from mart.{table} as {table}, range(1, ?) as number (place) where {table}.case_id = ?",
                [count, f"{kind}0"],
            )

    def change(self, case_id: str, **values: Any) -> None:
        """Publish a case with other values."""
        for name, value in values.items():
            self.publish(f"update mart.alert_case set {name} = ? where case_id = ?", [value, case_id])

    def resolve(self, case_id: str) -> None:
        """Publish a case as resolved on 12 October 2024."""
        self.publish(
            "update mart.alert_case set state = 'resolved', resolved_at = timestamptz '2024-10-12 02:00:00+08'"
            " where case_id = ?",
            [case_id],
        )

    def publish(self, sql: str, values: list[Any] | None = None) -> None:
        """Run SQL on the published copy, which stands for the next one."""
        with duckdb.connect(self.home.published) as copy:
            copy.execute(sql, values or [])

    def execute(self, sql: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run SQL on the private database."""
        with connect(self.home) as private:
            return list(private.execute(sql, values or []).fetchall())

    def let_go(self) -> None:
        """Close the private database, which a test then breaks."""
        connection._open_files.pop(self.home.private_database).close()

    def notified(self) -> set[tuple[str, str, str]]:
        """What is recorded as told."""
        rows = self.execute("select case_id, event, recipient_name from raw.notification")
        assert len(rows) == len(set(rows)), "recorded twice"
        return {(case_id, event, name) for case_id, event, name in rows}

    def outbox(self) -> list[Path]:
        """The text files in outbox/, by name."""
        return sorted(self.home.outbox.glob("*.txt"))


@pytest.fixture(scope="session")
def empty_office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of an office with four units, three indicators, no recipient and no case; to be copied."""
    made = Office(Home(tmp_path_factory.mktemp("office") / "home"), Path())
    made.execute(REFERENCE)
    made.home.published.parent.mkdir(parents=True)
    made.publish(PUBLISHED)
    return made.home.root


@pytest.fixture
def office(tmp_path: Path, empty_office: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """An empty office of the test's own."""
    monkeypatch.setattr(channel, "PAUSES", (0.0, 0.01))
    monkeypatch.setattr(robots, "PAUSES", (0.0, 0.01))
    monkeypatch.delenv("JINDU_SITE_URL", raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    made = Office(Home(copytree(empty_office, tmp_path / "home")), tmp_path / "reference")
    made.reference.mkdir()
    connection._prepared.add(made.home.private_database)  # as the office that it is a copy of
    with connect(made.home):  # opened once for all that happens, as a night does
        yield made


@dataclass
class Webhook:
    """What a receiver of posts got, and how it answers: as it should, or badly."""

    port: int
    status: int = 200
    location: str | None = None
    answer: Any = None  # the body, as JSON; bytes as they are; or what says so of the post of a number
    way: str = "whole"  # silent: no answer for a while; half: the connection ends midway; drip: a byte now and then
    paths: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    digest_headers: list[str | None] = field(default_factory=list)

    @property
    def base(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Its Apprise URL."""
        return f"json://127.0.0.1:{self.port}/alerts"


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """A webhook for one test."""
    with receiving_posts() as received:
        yield received


@contextmanager
def receiving_posts() -> Iterator[Webhook]:
    """A real HTTP server that keeps the JSON it is given."""
    received = Webhook(0)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.paths.append(self.path)
            received.sizes.append(len(body))
            received.bodies.append(json.loads(body))
            received.digest_headers.append(self.headers["X-Jindu-Digest"])
            self._answer(received.status)

        def do_GET(self) -> None:
            self._answer(200)

        def _answer(self, status: int) -> None:
            if received.way == "silent":
                time.sleep(1.0)
                return
            answer = received.answer(len(received.bodies)) if callable(received.answer) else received.answer
            content = answer if isinstance(answer, bytes) else b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            if received.location is not None:
                self.send_header("Location", received.location)
            self.send_header("Content-Length", str(len(content) + (20 if received.way == "half" else 0)))
            self.end_headers()
            for number in range(0, len(content), 1 if received.way == "drip" else len(content) or 1):
                with suppress(OSError):
                    self.wfile.write(content[number : number + (1 if received.way == "drip" else len(content))])
                    self.wfile.flush()
                if received.way == "drip":
                    time.sleep(0.1)
            self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the name of the base class
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield received
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class Mailbox:
    """The mails that an SMTP server took, and how it answers: as it should, or badly."""

    port: int
    answer: str = "250 OK"
    refused: set[str] = field(default_factory=set)  # addresses
    largest: int = 10**9  # bytes
    way: str = "whole"  # silent: no answer to the mail; gone: it is taken, and the connection ends before the answer
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[list[str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its Apprise URL."""
        return f"mailto://127.0.0.1:{self.port}/?from=jindu@example.org&to=leader@example.org"

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse some."""
        if address in self.refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's
        """Keep the mail when the answer is yes."""
        assert isinstance(envelope.content, bytes)
        if len(envelope.content) > self.largest:
            return "552 too big"
        if self.answer.startswith("250"):
            mail = message_from_bytes(envelope.content, policy=default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
            self.envelopes.append(list(envelope.rcpt_tos))
        if self.way == "silent":
            await asyncio.sleep(1.0)
        if self.way == "gone" and server.transport is not None:
            server.transport.close()
        return self.answer


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mailbox for one test."""
    with receiving_mail() as box:
        yield box


@contextmanager
def receiving_mail() -> Iterator[Mailbox]:
    """A real SMTP server on loopback."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        box = Mailbox(probe.getsockname()[1])
    controller = Controller(box, hostname="127.0.0.1", port=box.port, data_size_limit=10**9)
    controller.start()
    yield box
    controller.stop()
