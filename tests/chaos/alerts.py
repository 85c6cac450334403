"""Kill a delivery 200 times, wherever it stands, and see that everybody hears everything: `make chaos SUITE=alerts`.

A made-up office tells four recipients (WeCom robot, webhook, mail, file) what is new, round by round. In each round the
delivery is killed once: at a line of jindu's own code, or by the receiver, before or after its answer. The seed says
where. The next delivery has to finish. Ends with a table, and with exit code 1 when anything was lost, or was
repeated under another digest id.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import re
import signal
import socket
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import FrameType
from typing import Any

import apprise
import duckdb
import pandas
from aiosmtpd.controller import Controller
from rich.console import Console
from rich.table import Table

from jindu.alerts import channel, deliver, digest, mail, robots
from jindu.delivery import deliver_published
from jindu.settings import PROJECT_ROOT, Home
from tests.alerts.conftest import PUBLISHED, REFERENCE, Office

TOKEN = re.compile(r"第([NR]\d+)件")  # N: opened, R: resolved; one of its own for each event
DIGEST_ID = re.compile(r"提醒编号 ([0-9a-f]{16})")
RECIPIENTS = {"机器人": "JINDU_CHAOS_ROBOT", "回调": "JINDU_CHAOS_HOOK", "邮件": "JINDU_CHAOS_MAIL", "文件": None}
BY_THE_RECEIVER = 0.35  # of the kills
AGAIN = 0.6  # of the deliveries that take up a killed one are killed too
CODE = str(PROJECT_ROOT / "jindu")
START_SECONDS = 30.0


def main() -> int:
    """Do it all; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20241010)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    clock = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="jindu-chaos-") as folder:
        root = Path(folder)
        office = Office(Home(root / "home"), root / "reference")
        receivers = _start_receivers(root)
        try:
            _run(_make_office, office)
            killed = _rounds(office, root, chance, options.kills)
            told, ids = _heard(office, root)
        finally:
            receivers.terminate()
            receivers.join()
        expected = set(json.loads((root / "expected.json").read_text()))
    return _show(killed, expected, told, ids, time.monotonic() - clock)


def _rounds(office: Office, root: Path, chance: random.Random, kills: int) -> Counter[str]:
    """New cases, a delivery that is killed, one that is not; what the deliveries were killed by."""
    killed: Counter[str] = Counter()
    expected: list[str] = []
    fresh: list[str] = []  # opened, and perhaps told to nobody yet
    known: list[str] = []  # told to everybody
    lines = 0  # of a delivery that has something to do
    while sum(killed.values()) < kills:
        opened = [f"N{len(expected) + place}" for place in range(chance.randrange(1, 4))]
        ended = [known.pop()] if known and chance.random() < 0.5 else []
        _run(_publish, office, opened, ended)
        fresh += opened
        expected += opened + [f"R{token[1:]}" for token in ended]
        if chance.random() < BY_THE_RECEIVER:
            when = chance.choice(["before its answer", "after its answer"])
            how, child = f"by the receiver, {when}", _fork(_deliver, office, 0)
            (root / "kill.json").write_text(json.dumps({"pid": child, "when": when, "after": chance.randrange(3)}))
        else:
            how, child = "at a line", _fork(_deliver, office, chance.randrange(1, lines or 1500))
        _, status = os.waitpid(child, 0)
        (root / "kill.json").unlink(missing_ok=True)
        if os.WIFSIGNALED(status):
            killed[how] += 1
        if chance.random() < AGAIN and sum(killed.values()) < kills:
            continue  # what takes up the rest is killed as well
        code = os.waitstatus_to_exitcode(os.waitpid(_fork(_deliver, office, 0 if lines else -1), 0)[1])
        assert code == 0, f"the delivery after kill {sum(killed.values())} ended with {code}"
        lines = lines or int((office.home.root / "lines.txt").read_text())
        known, fresh = known + fresh, []
        print(f"{sum(killed.values())} kills", flush=True)
    (root / "expected.json").write_text(json.dumps(expected))
    return killed


def _make_office(office: Office) -> None:
    office.reference.mkdir()
    office.execute(REFERENCE)
    office.home.published.parent.mkdir(parents=True)
    office.publish(PUBLISHED)
    for name, variable in RECIPIENTS.items():
        office.tell(name, variable, content="full")


def _publish(office: Office, opened: list[str], ended: list[str]) -> None:
    """Cases that opened since, and cases that ended."""
    with duckdb.connect(office.home.published) as connection:
        for token in opened:
            connection.execute(
                "insert into mart.alert_case by name select ? as case_id, 'missed' as kind, '350502004001' as"
                " org_unit_code, 'mediated' as indicator_code, 2024 as plan_year, 'open' as state, true as is_told,"
                " timestamptz '2024-10-10 02:00:00+08' as opened_at, ? as summary_zh",
                [token, f"第{token}件"],
            )
            connection.execute("insert into mart.alert_event values (?, null)", [token])
            for name in RECIPIENTS:
                connection.execute("insert into mart.alert_route values (?, ?, 0)", [token, name])
        for token in ended:
            connection.execute(
                "update mart.alert_case set state = 'resolved', resolved_at = timestamptz '2024-10-12 02:00:00+08',"
                " summary_zh = ? where case_id = ?",
                [f"第R{token[1:]}件", token],
            )


def _deliver(office: Office, kill_at: int) -> None:
    """A delivery that kills itself at the nth line of jindu's code; 0 is never, -1 never and counts the lines."""
    count = 0

    def line(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        if not frame.f_code.co_filename.startswith(CODE):
            return None
        if event == "line":
            count += 1
            if count == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return line

    if kill_at:
        sys.settrace(line)
    report = deliver_published(str(office.home.root))
    sys.settrace(None)
    assert not report.unsent, report.detail_en
    if kill_at < 0:
        (office.home.root / "lines.txt").write_text(str(count if report.count == len(RECIPIENTS) else 0))


def _run(what: Callable[..., None], *given: Any) -> None:
    """Do it in a child: this process must never open a database, or its children would share it."""
    _, status = os.waitpid(_fork(what, *given), 0)
    assert status == 0, f"{what.__name__} failed"


def _fork(what: Callable[..., None], *given: Any) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        what(*given)
    except BaseException:
        import traceback  # noqa: PLC0415 -- only when something is wrong

        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _start_receivers(root: Path) -> multiprocessing.process.BaseProcess:
    """A process with the robot's, the webhook's and the mail's server; the environment then names them."""
    process = multiprocessing.get_context("spawn").Process(target=_receive, args=(str(root),), daemon=True)
    process.start()
    deadline = time.monotonic() + START_SECONDS
    while not (root / "ports.json").exists():
        assert time.monotonic() < deadline, "the receivers did not start"
        time.sleep(0.05)
    http_port, smtp_port = json.loads((root / "ports.json").read_text())
    os.environ["JINDU_CHAOS_ROBOT"] = f"wecombot://robot?base=http://127.0.0.1:{http_port}"
    os.environ["JINDU_CHAOS_HOOK"] = f"json://127.0.0.1:{http_port}/hook"
    os.environ["JINDU_CHAOS_MAIL"] = f"mailto://127.0.0.1:{smtp_port}/?from=jindu@example.org&to=a@example.org"
    for module in (channel, robots):
        module.PAUSES = (0.0, 0.05)  # type: ignore[attr-defined]  # also a robot's minute: hundreds of digests in one
    robots.MINUTE = 0.0
    # loaded once, not by each child: DuckDB itself loads pandas (half a second) with the first value that is bound
    assert apprise.Apprise.instantiate("json://localhost")
    assert pandas.DataFrame().empty
    digest._template()
    mail.SECONDS = deliver.PATIENCE = 20.0
    return process


def _receive(folder: str) -> None:
    """The servers: what they took is a line of heard.jsonl; kill.json says whom they kill, and when."""
    root = Path(folder)

    def hear(name: str, text: str, answer: Callable[[], None]) -> None:
        order: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            order = json.loads((root / "kill.json").read_text())
        mine = order if order and order["after"] == list(RECIPIENTS).index(name) else {}
        with (root / "heard.jsonl").open("a") as out:  # taken
            out.write(json.dumps({"name": name, "text": text}) + "\n")
        if mine.get("when") == "before its answer":
            _kill(mine["pid"])
        with suppress(OSError):
            answer()
        if mine.get("when") == "after its answer":
            _kill(mine["pid"])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            is_hook = self.path.startswith("/hook")
            hear("回调" if is_hook else "机器人", body["message"] if is_hook else body["text"]["content"], self._yes)

        def _yes(self) -> None:
            content = b'{"errcode": 0, "errmsg": "ok"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the name of the base class
            pass

    class Mailbox:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's
            found = message_from_bytes(envelope.content, policy=default)
            assert isinstance(found, EmailMessage)
            body = found.get_body(preferencelist=("plain",))
            assert body is not None
            await asyncio.to_thread(hear, "邮件", body.get_content(), lambda: None)
            return "250 OK"

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=web.serve_forever, daemon=True).start()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        smtp_port = probe.getsockname()[1]
    Controller(Mailbox(), hostname="127.0.0.1", port=smtp_port).start()
    draft = root / "ports.tmp"
    draft.write_text(json.dumps([web.server_address[1], smtp_port]))
    draft.rename(root / "ports.json")
    signal.pause()


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    time.sleep(0.02)


def _heard(office: Office, root: Path) -> tuple[dict[str, Counter[str]], dict[str, dict[str, set[str]]]]:
    """Of each recipient how often each event was told, and the ids of the digests that told it."""
    lines = [json.loads(line) for line in (root / "heard.jsonl").read_text().splitlines()]
    told: dict[str, Counter[str]] = defaultdict(Counter)
    ids: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    messages = [(line["name"], line["text"]) for line in lines]
    messages += [("文件", file.read_text(encoding="utf-8")) for file in office.outbox()]
    for name, text in messages:
        [digest_id] = DIGEST_ID.findall(text)
        for token in set(TOKEN.findall(text)):
            told[name][token] += 1
            ids[name][token].add(digest_id)
    left = list(office.home.sending.glob("*.json"))
    assert not left, f"still on their way: {left}"
    return told, ids


def _show(
    killed: Counter[str],
    expected: set[str],
    told: dict[str, Counter[str]],
    ids: dict[str, dict[str, set[str]]],
    seconds: float,
) -> int:
    table = Table(title=f"{killed.total()} kills during delivery, {seconds:.0f} s")
    for heading in ("recipient", "events", "lost", "repeated", "repeated under another id"):
        table.add_column(heading, justify="left" if heading == "recipient" else "right")
    lost_count = renamed_count = 0
    for name in RECIPIENTS:
        lost = expected - set(told[name])
        repeated = sum(count > 1 for count in told[name].values())
        renamed = sum(len(of_event) > 1 for of_event in ids[name].values())
        lost_count, renamed_count = lost_count + len(lost), renamed_count + renamed
        table.add_row(name, str(len(expected)), str(len(lost)), str(repeated), str(renamed))
    console = Console(width=120)
    console.print(table)
    console.print("killed " + ", ".join(f"{how}: {count}" for how, count in sorted(killed.items())))
    return 0 if lost_count == renamed_count == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
