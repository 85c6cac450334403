"""jindu watch: answers between nights."""

import importlib
import os
import signal
import threading
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

import click

from jindu.lock import locked
from jindu.logfile import log_to
from jindu.settings import OFFICE_TIMEZONE, home_folder, reference_folder
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

INTERVAL = 10.0  # seconds: two looks and a judgement stay within the minute that a sender is promised
SHORTEST, LONGEST = 0.1, 20.0
ONCE_PAUSE = 2.0  # seconds between the two looks of --once
LOG_NAME = "watch.log"


@click.command(
    "watch",
    cls=SpokenCommand,
    help=both(
        "守候收件文件夹：新文件一分钟内核对，回执写入 returns/<单位代码>/；夜间运行再确认。\n\n"
        "一直运行，Ctrl-C 或 SIGTERM 结束；夜间运行时也不用停。退出码：0 结束；1（--once）有退回或待核实；2 未能开始。",
        "Watch the inbox: a new file is judged within a minute, its receipt is in returns/<unit code>/.\n\n"
        "Runs until Ctrl-C or SIGTERM, also while a night runs, which confirms the answers. "
        "Exit code: 0 ended; 1 (--once) something was rejected or held; 2 could not begin.",
    ),
    epilog=both("  jindu watch --home /data/jindu", "  jindu --lang en watch --home /data/jindu"),
)
@home_option
@reference_option
@option(
    "--interval",
    "每隔几秒看一次，最多 20。",
    "Seconds between two looks, at most 20.",
    type=click.FloatRange(SHORTEST, LONGEST),
    default=INTERVAL,
    show_default=True,
)
@option("--once", "只答复现有的文件，然后结束。", "Answer what lies there, then end.", is_flag=True, default=False)
@language_option
@click.pass_obj
def command(speech: Speech, home: Path | None, reference: Path | None, interval: float, once: bool) -> int:
    """Look every few seconds, until told to end."""
    here = home_folder(home)
    folder = reference_folder(reference, here)
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    with locked(here, path=here.watch_lock):
        before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
        log = Path(log_to(here.root, LOG_NAME) or os.devnull)
        judging = importlib.import_module("jindu.judging")
        judge = judging.Judge(here, folder, log, stop)
        try:
            watching = importlib.import_module("jindu.watch")
            watching.make_unit_folders(here, folder, datetime.now(OFFICE_TIMEZONE))
            watch = watching.Watch(here, judge.judge, lambda zh, en: click.echo(speech.say(zh, en)))
            watch.begin()
            if once:
                _look_once(watch, stop)
                return NEEDS_PERSON if watch.needs_person else DONE
            click.echo(
                speech.say(
                    f"正在守候 {here.inbox}，每 {interval:g} 秒看一次；Ctrl-C 结束。",
                    f"Watching {here.inbox}, a look every {interval:g} s; Ctrl-C ends it.",
                )
            )
            watch.run(interval, stop)
        except judging.StoppedError:
            pass  # what is unanswered is answered when the watch begins again
        finally:
            judge.close()
            for number, handler in before.items():
                signal.signal(number, handler)
    click.echo(speech.say("守候结束。", "The watch has ended."))
    return DONE


def _look_once(watch: Any, stop: threading.Event) -> None:
    """Two looks: a file that changes between them is still being written."""
    watch.look()
    stop.wait(ONCE_PAUSE)
    watch.look()
