"""The watchdog of `jindu serve`: looks at the home every half minute, and whenever Prefect's server calls.

The server calls by the automations of automations.yaml, so it tells what the home does not know: a run that failed
before its journal began, or fell silent. Neither worker, night nor database is needed; where the server is down, too,
it still looks.
"""

import json
import logging
import os
import queue
import re
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jindu.alerts.office import Told
from jindu.fault import Fault, look
from jindu.last_run import delivery_record, last_attempt, last_sign_of_life
from jindu.lock import lock_holder
from jindu.memory import recall
from jindu.prefect_server import opener
from jindu.settings import OFFICE_TIMEZONE, Home, home_folder, parse_as_of
from jindu.watchdog import tell

log = logging.getLogger(__name__)

BETWEEN_LOOKS = 30.0  # seconds
BETWEEN_TRIES = timedelta(minutes=15)  # of a channel that does not answer
SETTLED_WITHIN = timedelta(seconds=80)  # by then a night that failed has told the office; one that died is taken up
TAKEN_UP_WITHIN = timedelta(minutes=5)  # after a start: a night that died with the machine is taken up
JOURNAL_WITHIN = timedelta(seconds=20)  # Prefect's own hooks have written the journal by then
BETWEEN_HEARTBEATS = timedelta(seconds=30)  # of a flow run; Prefect's server calls when two are missing
CAUGHT_UP_WITHIN = timedelta(minutes=30)  # after a start: nights that are late run first
FIRST_NIGHT_WITHIN = timedelta(hours=26)
CALL = re.compile(r"(failed|silent|unfinished|late) prefect\.flow-run\.([0-9a-f-]{36})")  # what automations.yaml sends
LONGEST_CALL = 200  # bytes
WORDS = {  # by what a call says: the states that the run is in while it is true, and how the office is told
    "failed": (("FAILED", "CRASHED"), "失败", "failed"),
    "silent": (("RUNNING", "CANCELLING"), "没有声息，进程可能已经中断", "fell silent; its process may be gone"),
    "unfinished": (("RUNNING", "CANCELLING"), "一小时还没有结束", "has not ended for an hour"),
    "late": (("SCHEDULED", "PENDING"), "过了半小时还没有开始", "has not started half an hour after it was due"),
}
ENDING = ("确认停住后结束进程 {pid}（kill -9 {pid}），", "when it is stuck indeed, end process {pid} (kill -9 {pid})")
NIGHT = "nightly"
FLOWS = {NIGHT: ("夜间运行", "night"), "delivery": ("发送提醒", "delivery")}


@dataclass(frozen=True)
class Call:
    """What Prefect's server has seen of a flow run."""

    why: str
    run: str
    at: datetime


@dataclass
class Guard:
    """What is suspected in one home, and since when."""

    home: Home
    api_url: str
    since: datetime  # when `jindu serve` was started
    calls: list[Call] = field(default_factory=list)
    reported: list[Fault] = field(default_factory=list)  # by Prefect alone, until everybody was told
    _tried: dict[str, datetime] = field(default_factory=dict)  # by a fault's key, when a channel last failed
    _told: dict[str, date] = field(default_factory=dict)  # and the day that all knew: also when the disk forgets it
    _seen: dict[str, datetime] = field(default_factory=dict)  # by a fault's key, when it was first seen

    def look(self, now: datetime) -> list[Fault]:
        """What the office is to know at the moment `now`."""
        found = look(self.home, now)
        self._seen = {fault.key: self._seen.get(fault.key, now) for fault in found}
        ripe = [call for call in self.calls if now - call.at >= JOURNAL_WITHIN]
        self.calls = [call for call in self.calls if call not in ripe]
        self.reported += [fault for call in ripe if (fault := self._reported(call))]
        known = [*(fault for fault in found if self._is_certain(fault, now)), *self.reported]
        return [fault for fault in known if not self._is_settled(fault, now)]

    def learn(self, told: Told, now: datetime) -> None:
        """Whom the office's channels did not reach, or who has quiet hours, is tried again in a while."""
        if told.unreached or told.quiet:
            self._tried[told.fault.key] = now
            return
        self._told[told.fault.key] = now.date()
        if told.fault in self.reported:
            self.reported.remove(told.fault)

    def seconds_to_next(self, now: datetime) -> float:
        """How long to wait for the next look, when no call comes."""
        waiting = [(call.at + JOURNAL_WITHIN - now).total_seconds() for call in self.calls]
        return max(0.0, min([BETWEEN_LOOKS, *waiting]))

    def _is_settled(self, fault: Fault, now: datetime) -> bool:
        """All know of it today, or a channel that did not answer has its pause."""
        tried = self._tried.get(fault.key)
        return self._told.get(fault.key) == now.date() or (tried is not None and now - tried < BETWEEN_TRIES)

    def _is_certain(self, fault: Fault, now: datetime) -> bool:
        """Not before what heals by itself has had its time."""
        if fault.code == "never_run":
            return now - self.since > FIRST_NIGHT_WITHIN
        if fault.code == "stale":
            return now - self.since > CAUGHT_UP_WITHIN
        if fault.code in ("failed", "delivery"):
            return now - self._seen[fault.key] >= SETTLED_WITHIN and now - self.since > TAKEN_UP_WITHIN
        return True

    def _reported(self, call: Call) -> Fault | None:
        """What Prefect alone knows; None where the run has gone on since, or the home's journal tells of this night."""
        states, zh, en = WORDS[call.why]
        run = self._ask(f"flow_runs/{call.run}")
        flow = self._ask(f"flows/{run['flow_id']}") if run else None
        if run is None or flow is None or run["state_type"] not in states:
            return None
        due = _due(run)
        if flow["name"] == NIGHT and self._is_in_journal(run, due) and not self._is_frozen(call):
            return None
        if flow["name"] != NIGHT and self._is_failed_delivery(run):
            return None
        what_zh, what_en = FLOWS[flow["name"]]
        command = "jindu run" if flow["name"] == NIGHT else "jindu deliver"
        ending_zh, ending_en = "排除后", "mend that"
        holder = lock_holder(self.home) if call.why == "silent" and flow["name"] == NIGHT else None
        if holder and holder["pid"]:
            ending_zh, ending_en = (text.format(pid=holder["pid"]) for text in ENDING)
        message = (run["state"] or {}).get("message") or ""
        return Fault(
            "unknown",
            f"prefect {call.why} {call.run}",
            f"Prefect 报告：{due:%Y-%m-%d %H:%M} 的{what_zh}{zh}",
            f"Prefect reports: the {what_en} of {due:%Y-%m-%d %H:%M} {en}",
            f"请查看 log/worker.log 和 Prefect 页面，{ending_zh}再运行 {command}。",
            f"See log/worker.log and Prefect's page; {ending_en} and run {command}.",
            message,
            message,
        )

    def _is_in_journal(self, run: dict[str, Any], due: datetime) -> bool:
        """Whether the newest attempt is that of this run: the same night, begun since the run was."""
        attempt = last_attempt(self.home)
        if attempt is None or datetime.fromisoformat(attempt["as_of"]) != due:
            return False
        return run["start_time"] is None or datetime.fromisoformat(attempt["at"]) >= parse_as_of(run["start_time"])

    def _is_failed_delivery(self, run: dict[str, Any]) -> bool:
        """Whether the newest delivery is that of this run, and says itself that it failed."""
        delivery = recall(delivery_record(self.home)) or {}
        begun = run["start_time"]
        with suppress(KeyError, TypeError, ValueError):
            at = datetime.fromisoformat(delivery["at"])
            return (
                delivery["state"] == "failed" and begun is not None and at >= parse_as_of(begun).replace(microsecond=0)
            )
        return False

    def _is_frozen(self, call: Call) -> bool:
        """Whether the night's process is there and has shown no life since Prefect heard of it for the last time.

        One that is gone is no longer there: the journal tells of it, unless it is taken up.
        """
        attempt = last_attempt(self.home)
        if call.why != "silent" or attempt is None or attempt["state"] != "running":
            return False
        return (
            lock_holder(self.home) is not None and last_sign_of_life(self.home, attempt) < call.at - BETWEEN_HEARTBEATS
        )

    def _ask(self, what: str) -> dict[str, Any] | None:
        """What the server knows now; None where it does not answer, or does not know."""
        try:
            with opener().open(f"{self.api_url}/{what}", timeout=10) as response:
                found: dict[str, Any] = json.load(response)
        except (OSError, ValueError):
            return None
        return found


def listen(url: str, calls: "queue.Queue[Call]") -> ThreadingHTTPServer:
    """Take what Prefect's server posts to this loopback address, in a thread of its own; anything else is refused."""
    place = urlsplit(url)

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            said = self.rfile.read(min(int(length), LONGEST_CALL)).decode(errors="replace") if length.isdigit() else ""
            call = CALL.fullmatch(said.strip())
            if self.path != place.path or call is None:
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            log.info("called: %s", said.strip())
            calls.put(Call(call[1], call[2], datetime.now(OFFICE_TIMEZONE)))
            self.send_response(HTTPStatus.NO_CONTENT)
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 -- the name is its base's
            """The address holds the token that keeps others out."""

    server = ThreadingHTTPServer((place.hostname or "127.0.0.1", place.port or 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main() -> None:
    """Look until told to end; JINDU_GUARD is where to listen."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    reference = Path(os.environ["JINDU_REFERENCE"]) if os.environ.get("JINDU_REFERENCE") else None
    started = parse_as_of(os.environ.get("JINDU_SERVE"))
    guard = Guard(home_folder(None), os.environ["PREFECT_API_URL"], started)
    calls: queue.Queue[Call] = queue.Queue()
    listen(os.environ["JINDU_GUARD"], calls)
    while True:
        _look(guard, reference)
        with suppress(queue.Empty):
            guard.calls.append(calls.get(timeout=guard.seconds_to_next(datetime.now(OFFICE_TIMEZONE))))


def _look(guard: Guard, reference: Path | None) -> None:
    """One look; whatever it stumbles over, the next one comes."""
    now = datetime.now(OFFICE_TIMEZONE)
    try:
        faults = guard.look(now)
        for told in tell(guard.home, reference, faults, now) if faults else []:
            guard.learn(told, now)
            if told.sent or told.filed:
                log.warning("%s: told %s", told.fault.en, ", ".join(told.sent + told.filed))
            for name, error in told.unreached:
                log.warning("%s: %s not reached: %s", told.fault.en, name, error.message_en)
    except Exception:  # a guard that ended of it would tell nobody of anything
        log.exception("could not look")


def _due(run: dict[str, Any]) -> datetime:
    """The moment that the night is of, as flows/nightly.py has it."""
    return parse_as_of(run["parameters"].get("as_of") or run["expected_start_time"]).replace(microsecond=0)


if __name__ == "__main__":
    main()
