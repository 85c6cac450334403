"""jindu run: one night."""

import importlib
import logging
import time
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console

from jindu import delivery, night, prefect_server
from jindu.catalogue import load
from jindu.lock import HomeLockedError
from jindu.logfile import log_to
from jindu.report.summary import read_summary, with_own_names
from jindu.report.terminal import StepLines, show_summary
from jindu.rules import check_expectations_of
from jindu.settings import Home, JinduError, home_folder, parse_as_of, reference_folder, run_id_of
from jindu.spoken import (
    DONE,
    NEEDS_PERSON,
    Speech,
    SpokenCommand,
    both,
    home_option,
    language_option,
    option,
    reference_option,
)
from jindu.steps import StepTime

log = logging.getLogger(__name__)


@click.command(
    "run",
    cls=SpokenCommand,
    help=both(
        "运行一夜：收文、读取、校验、计算、发布，随即发送提醒。\n\n"
        "退出码：0 完成；1 完成但有事项需要人处理；2 未完成。",
        "Run one night: collect, read, judge, compute, publish; then send the alerts.\n\n"
        "Exit code: 0 done; 1 done, and something needs a person; 2 not done.",
    ),
    epilog=both(
        "  jindu run --home /data/jindu --as-of 2024-10-10T02:00",
        "  jindu --lang en run --home /data/jindu --as-of 2024-10-10T02:00",
    ),
)
@home_option
@reference_option
@option(
    "--as-of",
    "截至时刻（北京时间），缺省为现在：只计此前收到的报送。",
    "The moment that the night is as of (Beijing time), by default now: only what had arrived by then counts.",
)
@language_option
@click.pass_obj
def command(speech: Speech, home: Path | None, reference: Path | None, as_of: str | None) -> int:
    """One night, in the order of flows/nightly.py."""
    here, moment = home_folder(home), parse_as_of(as_of)
    folder = reference_folder(reference, here)
    try:
        night.take_lock(here)
    except HomeLockedError:
        raise
    except JinduError as error:  # the home cannot be written
        night.fail_night(str(here.root), str(folder), moment.isoformat(), error)
        raise
    try:
        log_to(here.root)
        console = Console(stderr=True, highlight=False, markup=False)
        console.print(f"{here.root} · {speech.say('截至', 'as of')} {moment:%Y-%m-%d %H:%M}", soft_wrap=True)
        night.watchers[:] = [StepLines(console, speech.lang)]
        _run_night(here, folder, moment, console, speech)
        times = night.step_times(here, run_id_of(moment))
    finally:
        night.drop_lock(here)
    sent = _deliver(here)
    summary = with_own_names(here, read_summary(here))
    show_summary(Console(highlight=False, markup=False), summary, [*times, sent], speech.lang)
    return NEEDS_PERSON if summary.needs_person or sent.state != "completed" else DONE


def _run_night(home: Home, reference: Path, moment: datetime, console: Console, speech: Speech) -> None:
    """Boot a Prefect server and, while it boots, import what takes long; then run the night's flow."""
    arguments = (str(home.root), str(reference), moment.isoformat())
    try:
        check_expectations_of(
            home
        )  # a fault in rules or reference data is told at once, not after the server has booted
        load(reference)
        with console.status(speech.say("正在启动 Prefect …", "Starting Prefect …")):
            server = prefect_server.start(home)
            nightly = importlib.import_module("flows.nightly").nightly
            importlib.import_module("great_expectations")  # 10 s that the boot takes anyway
            prefect_server.wait(server)
        nightly(*arguments)
    except BaseException as error:  # also Ctrl-C, and a Prefect whose hooks did not run; always raised again
        night.fail_night(*arguments, error)
        raise


def _deliver(home: Home) -> StepTime:
    """Run the delivery's flow, once; what came of it. The night is done, and stays so whatever happens here."""
    clock = time.monotonic()
    try:
        flow = importlib.import_module("flows.delivery").delivery
        flow.with_options(retries=0)(str(home.root))
    except delivery.UnsentError:
        pass  # a line of the outcome names them
    except Exception as error:  # the data are published: this is for the summary, the log and the exit code
        log.exception("the delivery failed")
        return StepTime("deliver", "failed", time.monotonic() - clock, *night.messages(error))
    outcome = delivery.last_delivery(home) or {}
    told = (outcome.get("message_zh", ""), outcome.get("message_en", ""))
    return StepTime("deliver", outcome.get("state", "failed"), time.monotonic() - clock, *told)
