"""jindu serve: everything on one machine."""

import os
from datetime import datetime
from pathlib import Path

import click

from jindu import serve
from jindu.settings import OFFICE_TIMEZONE, home_folder, reference_folder
from jindu.spoken import (
    DONE,
    Speech,
    SpokenCommand,
    both,
    home_option,
    language_option,
    option,
    reference_option,
)


@click.command(
    "serve",
    cls=SpokenCommand,
    help=both(
        "在一台机器上长期运行：夜间运行、发送提醒、收件箱值守、夜间运行看护。\n\n"
        "包括 Prefect 服务与页面；夜间运行在 02:00，发送提醒在 08:00；任何一个进程退出都会重新启动。\n\n"
        "按 Ctrl-C 停止。退出码：0 正常停止；2 未能启动。",
        "Keep one machine at work: Prefect with its page, the night (02:00), the delivery (08:00), the watch on the "
        "inbox and a guard over the nights; a process that ends is started again.\n\n"
        "Ctrl-C stops it. Exit code: 0 stopped as asked; 2 not started.",
    ),
    epilog=both("  jindu serve --home /data/jindu", "  jindu --lang en serve --home /data/jindu"),
)
@home_option
@reference_option
@option("--host", "监听的地址，缺省只限本机。", "Where to listen; by default this machine alone.", default="127.0.0.1")
@option(
    "--port", "页面与接口的端口。", "The port of the page and the API.", type=click.IntRange(1, 65535), default=4200
)
@language_option
@click.pass_obj
def command(speech: Speech, home: Path | None, reference: Path | None, host: str, port: int) -> int:
    """Say where everything is, and become the supervisor."""
    here = home_folder(home)
    folder = reference_folder(reference, here)
    serve.claim(here, host, port)
    due = serve.next_times(datetime.now(OFFICE_TIMEZONE))
    for zh, en, what in (
        ("工作目录", "home", here.root),
        ("参考数据", "reference", folder),
        ("页面", "page", f"http://127.0.0.1:{port}"),
        ("夜间运行", "next night", f"{due['nightly']:%Y-%m-%d %H:%M %z}"),
        ("发送提醒", "next delivery", f"{due['delivery']:%Y-%m-%d %H:%M %z}"),
        ("日志", "logs", f"{here.log}/"),
    ):
        click.echo(f"{speech.say(f'{zh}：', f'{en}: ')}{what}")
    click.echo(speech.say("约半分钟后就绪；按 Ctrl-C 停止。", "Ready in about half a minute; Ctrl-C stops it."))
    is_named = reference is not None or bool(os.environ.get("JINDU_REFERENCE"))  # else the home may get its own later
    serve.become_supervisor(here, folder if is_named else None, host, port, speech.lang)
    return DONE
