"""The command `jindu`. Exit code 0: done; 1: done, and something needs a person; 2: not done."""

import importlib
import json
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console

from jindu import night, prefect_server
from jindu.catalogue import load
from jindu.report.status import read_status, status_lines
from jindu.report.summary import read_summary
from jindu.report.terminal import StepLines, show_summary
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError, home_folder, parse_as_of, reference_folder, run_id_of

DONE, NEEDS_PERSON, NOT_DONE = 0, 1, 2  # domain.md, Places and commands
LANGUAGES = ("zh", "en")
SPLIT = "\x1f"  # between the Chinese and the English of a help text
SAMPLE_MARK = "sample.json"  # only a home that has it may be filled again with invented files

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@dataclass(frozen=True)
class Speech:
    """The language of this command, for its help and its messages."""

    lang: str

    def say(self, zh: str, en: str) -> str:
        """One of two wordings."""
        return en if self.lang == "en" else zh


def both(zh: str, en: str) -> str:
    """A help text in both languages; the one asked for is shown."""
    return zh + SPLIT + en


class SpokenOption(click.Option):
    """An option whose help is in the language of the command."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option's line of the help."""
        record = super().get_help_record(ctx)
        return None if record is None else (record[0], _chosen(record[1], ctx))


class SpokenCommand(click.Command):
    """A command whose help, headings and example are in the language asked for."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """--help, described in the language."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = _speech(ctx).say("显示本说明。", "Show this message.")
        return option

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The first line of the help."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=_speech(ctx).say("用法：", "Usage: "))

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What the command does."""
        formatter.write_paragraph()
        _write(formatter, _chosen(self.help or "", ctx))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options, under a heading."""
        records = [record for option in self.get_params(ctx) if (record := option.get_help_record(ctx))]
        with formatter.section(_speech(ctx).say("选项", "Options")):
            formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The example."""
        with formatter.section(_speech(ctx).say("示例", "Example")):
            _write(formatter, _chosen(self.epilog or "", ctx))

    def get_short_help_str(self, limit: int = 45) -> str:
        """One line of the list of commands; the group chooses the language."""
        return self.help or ""


class SpokenGroup(SpokenCommand, click.Group):
    """The group of commands, in the language asked for."""

    command_class = SpokenCommand

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options, and the list of commands."""
        SpokenCommand.format_options(self, ctx, formatter)
        with formatter.section(_speech(ctx).say("命令", "Commands")):
            names = self.list_commands(ctx)
            formatter.write_dl([(name, _summary_line(self.commands[name], ctx)) for name in names])


def option(name: str, zh: str, en: str, **more: Any) -> Callable[[Decorated], Decorated]:
    """An option with its help in both languages."""
    return click.option(name, cls=SpokenOption, help=both(zh, en), **more)


def language_option(function: Decorated) -> Decorated:
    """--lang, which may stand before or after the command's name."""
    said = option("--lang", "语言：zh 或 en（也可设 JINDU_LANG）。", "Language: zh or en (or set JINDU_LANG).",
                  type=click.Choice(LANGUAGES), expose_value=False)  # fmt: skip
    return said(function)


home_option = option(
    "--home", "工作目录（也可设 JINDU_HOME）。", "The home folder (or set JINDU_HOME).", type=click.Path(path_type=Path)
)
reference_option = option(
    "--reference", "参考数据文件夹。", "The folder of reference data.", type=click.Path(path_type=Path)
)


@click.group(
    cls=SpokenGroup,
    help=both("进度：按夜核对报送、计算完成率与排名、发布并提醒。", "jindu: nightly progress against the annual plan."),
    epilog=both("  jindu run --home /data/jindu", "  jindu --lang en run --home /data/jindu"),
)
@language_option
def cli() -> None:
    """The group."""


@cli.command(
    help=both(
        "运行一夜：收文、读取、校验、计算、发布、提醒。\n\n退出码：0 完成；1 完成但有事项需要人处理；2 未完成。",
        "Run one night: collect, read, judge, compute, publish, alert.\n\n"
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
def run(speech: Speech, home: Path | None, reference: Path | None, as_of: str | None) -> int:
    """One night, in the order of flows/nightly.py."""
    here, moment = home_folder(home), parse_as_of(as_of)
    folder = reference_folder(reference)
    night.take_lock(here)
    try:
        _log_to(here.root)
        console = Console(stderr=True, highlight=False, markup=False)
        console.print(f"{here.root} · {speech.say('截至', 'as of')} {moment:%Y-%m-%d %H:%M}", soft_wrap=True)
        night.watchers[:] = [StepLines(console, speech.lang)]
        _run_flow(here, folder, moment, console, speech)
        summary = read_summary(here)
        show_summary(
            Console(highlight=False, markup=False), summary, night.step_times(here, run_id_of(moment)), speech.lang
        )
    finally:
        night.drop_lock(here)
    return NEEDS_PERSON if summary.needs_person else DONE


@cli.command(
    help=both(
        "生成一个虚构的示例工作目录，供试用；不会动已有真实报送的目录。",
        "Fill a home with an invented year of submissions to try; a home with real ones is left alone.",
    ),
    epilog=both("  jindu sample --home /tmp/demo --seed 7", "  jindu --lang en sample --home /tmp/demo --seed 7"),
)
@home_option
@reference_option
@option(
    "--seed", "随机种子：相同种子生成相同文件。", "The seed: the same seed makes the same files.", type=int, default=1
)
@language_option
@click.pass_obj
def sample(speech: Speech, home: Path | None, reference: Path | None, seed: int) -> int:
    """An invented year, marked as such."""
    here, folder = home_folder(home), reference_folder(reference)
    night.take_lock(here)
    try:
        _log_to(here.root)
        _refuse_real_home(here)
        catalogue = load(folder)
        generate = importlib.import_module("jindu.sample").generate  # polars and XlsxWriter, for this command alone
        (here.root / SAMPLE_MARK).write_text(json.dumps({"seed": seed}), encoding="utf-8")
        generate(here, catalogue, seed)
    finally:
        night.drop_lock(here)
    click.echo(speech.say(f"示例工作目录已生成：{here.root}", f"The sample home is ready: {here.root}"))
    return DONE


@cli.command(
    help=both(
        "查看最近一次成功运行、数据新旧、最近到期月份的未报、待核实与退回。",
        "The last good run, the age of the data, and who is missing, held or rejected in the latest due month.",
    ),
    epilog=both("  jindu status --home /data/jindu --json", "  jindu --lang en status --home /data/jindu --json"),
)
@home_option
@option("--json", "输出 JSON，供程序读取。", "JSON for a machine.", is_flag=True, default=False)
@language_option
@click.pass_obj
def status(speech: Speech, home: Path | None, json: bool) -> int:
    """Read from the published copy and two small files: a night at work is not disturbed."""
    here = home_folder(home)
    found = read_status(here, datetime.now(OFFICE_TIMEZONE), night.lock_holder(here), night.last_attempt(here))
    click.echo(_as_json(found.as_json()) if json else "\n".join(status_lines(found, speech.lang)))
    if found.summary is None:
        return NOT_DONE
    return NEEDS_PERSON if found.has_failed or found.summary.needs_person else DONE


def run_command(arguments: Sequence[str]) -> int:
    """Do what the arguments say; the exit code. No exception comes out, and no traceback is printed."""
    speech = Speech(_language(arguments))
    try:
        code = cli.main(list(arguments), prog_name="jindu", obj=speech, standalone_mode=False)
        return code if isinstance(code, int) else DONE
    except JinduError as error:
        _complain(error.message(speech.lang))
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
    except click.ClickException as error:
        _complain(_usage_message(error, speech))
    except (KeyboardInterrupt, click.Abort):
        _complain(speech.say("已中断；重新运行即可接着完成。", "Interrupted; run again to finish the job."))
    except Exception as error:  # the last line of defence: the whole story goes to the log
        where = _log_file() or _log_to(Path(tempfile.gettempdir()))
        logging.getLogger(__name__).exception("unexpected")
        told = f"{type(error).__name__}: {error}".splitlines()[0]
        _complain(speech.say(f"意外错误：{told}。详情见 {where}", f"Unexpected error: {told}. See {where}"))
    return NOT_DONE


def main() -> None:
    """The entry point."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that is not UTF-8 must not end a night
    sys.exit(run_command(sys.argv[1:]))


def _run_flow(home: Home, reference: Path, moment: datetime, console: Console, speech: Speech) -> None:
    """Boot a Prefect server and, while it boots, import what takes long; then run the flow."""
    arguments = (str(home.root), str(reference), moment.isoformat())
    try:
        load(reference)  # a fault in the reference data is told at once, not after the server has booted
        with console.status(speech.say("正在启动 Prefect …", "Starting Prefect …")):
            server = prefect_server.start(home)
            nightly = importlib.import_module("flows.nightly").nightly
            importlib.import_module("great_expectations")  # 10 s that the boot takes anyway
            prefect_server.wait(server)
        nightly(*arguments)
    except BaseException as error:  # also Ctrl-C, and a Prefect whose hooks did not run; always raised again
        night.fail_night(*arguments, error)
        raise


def _log_to(folder: Path) -> str:
    """Send all logging and warnings of this process to jindu.log in the folder, and none to the terminal."""
    handler = RotatingFileHandler(folder / "jindu.log", maxBytes=5_000_000, backupCount=3, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("jindu").setLevel(logging.INFO)
    logging.captureWarnings(True)
    return handler.baseFilename


def _log_file() -> str | None:
    files = [one.baseFilename for one in logging.getLogger().handlers if isinstance(one, RotatingFileHandler)]
    return files[0] if files else None


def _refuse_real_home(home: Home) -> None:
    """Raise JinduError when the inbox holds files and the home is no sample."""
    if (home.root / SAMPLE_MARK).exists() or not home.inbox.is_dir():
        return
    if any(path.is_file() for path in home.inbox.rglob("*")):
        raise JinduError(
            f"{home.inbox} 中已有文件，不能生成示例数据。请用 --home 指定一个空目录。",
            f"{home.inbox} holds files already, so no sample is put there. Name an empty folder with --home.",
        )


def _language(arguments: Sequence[str]) -> str:
    """The language named anywhere among the arguments, else by JINDU_LANG, else Chinese."""
    pairs = zip(arguments, [*arguments[1:], ""], strict=False)  # with no arguments there is no pair
    named = [
        value if name == "--lang" else name[7:] for name, value in pairs if name == "--lang" or name[:7] == "--lang="
    ]
    chosen = named[-1] if named else os.environ.get("JINDU_LANG", "")
    return chosen if chosen in LANGUAGES else "zh"


def _usage_message(error: click.ClickException, speech: Speech) -> str:
    where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "jindu"
    hint = speech.say(f"用法见 {where} --help", f"See {where} --help")
    match error:
        case click.NoSuchOption():
            fault = speech.say(f"没有 {error.option_name} 这个选项", f"There is no option {error.option_name}")
        case click.exceptions.NoSuchCommand():
            fault = speech.say(f"没有 {error.command_name} 这个命令", f"There is no command {error.command_name}")
        case click.BadParameter() if error.param is not None:
            name = error.param.opts[0]
            fault = speech.say(
                f"选项 {name} 的值不对({error.message})", f"The value of {name} is wrong ({error.message})"
            )
        case _:
            fault = speech.say(f"命令写法不对：{error.format_message()}", error.format_message())
    return speech.say(f"{fault}。{hint}", f"{fault.rstrip('.')}. {hint}")


def _complain(message: str) -> None:
    click.echo(message, err=True)


def _as_json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _speech(ctx: click.Context) -> Speech:
    return ctx.find_object(Speech) or Speech("zh")


def _chosen(text: str, ctx: click.Context) -> str:
    zh, _, en = text.partition(SPLIT)
    return _speech(ctx).say(zh, en or zh)


def _summary_line(command: click.Command, ctx: click.Context) -> str:
    return _chosen(command.help or "", ctx).split("\n", 1)[0]


def _write(formatter: click.HelpFormatter, text: str) -> None:
    with formatter.indentation():
        for line in text.splitlines():
            formatter.write(f"{' ' * formatter.current_indent if line else ''}{line.strip()}\n")


if __name__ == "__main__":
    main()
