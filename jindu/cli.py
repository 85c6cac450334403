"""The command `jindu`. Exit code 0: done; 1: done, and something needs a person; 2: not done.

141 where the output goes to a command that has stopped reading, as of other programs in a pipe.
"""

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from jindu.logfile import log_file, log_to
from jindu.memory import own_temporary_folder
from jindu.settings import JinduError
from jindu.spoken import DONE, LANGUAGES, NOT_DONE, Speech, SpokenGroup, both, language_option

COMMANDS = (
    "new",
    "template",
    "check",
    "watch",
    "run",
    "deliver",
    "status",
    "watchdog",
    "bulletin",
    "explain",
    "sql",
    "export",
    "site",
    "target",
    "withdraw",
    "correct",
    "finding",
    "alert",
    "expectations",
    "serve",
    "rebuild",
    "backup",
    "restore",
    "sample",
)  # jindu/commands/<name>.py
UNREAD = 141  # 128 + SIGPIPE
QUERY_INTERRUPTED = "Query interrupted"  # what DuckDB makes of Ctrl-C: a RuntimeError


@click.group(
    cls=SpokenGroup,
    help=both("进度：按夜核对报送、计算完成率与排名、发布并提醒。", "jindu: nightly progress against the annual plan."),
    modules={name: f"jindu.commands.{name}" for name in COMMANDS},
    epilog=both("  jindu run --home /data/jindu", "  jindu --lang en run --home /data/jindu"),
)
@language_option
def cli() -> None:
    """The group."""


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
    except SystemExit:  # click's answer where whoever read, such as head, has gone
        return UNREAD
    except (KeyboardInterrupt, click.Abort):
        _interrupted(speech)
    except Exception as error:  # the last line of defence: the whole story goes to the log
        if str(error) == QUERY_INTERRUPTED:
            _interrupted(speech)
        else:
            _unexpected(speech, error)
    return NOT_DONE


def _interrupted(speech: Speech) -> None:
    _complain(speech.say("已中断；重新运行即可接着完成。", "Interrupted; run again to finish the job."))


def _unexpected(speech: Speech, error: Exception) -> None:
    where = log_file() or log_to(own_temporary_folder() or Path(os.devnull))
    logging.getLogger(__name__).error("unexpected", exc_info=error)
    told = f"{type(error).__name__}: {error}".splitlines()[0]
    zh, en = (f"。详情见 {where}", f". See {where}") if where else ("", "")
    _complain(speech.say(f"意外错误：{told}{zh}", f"Unexpected error: {told}{en}"))


def main() -> None:
    """The entry point."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that is not UTF-8 must not end a night
    sys.exit(run_command(sys.argv[1:]))


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
        case click.BadOptionUsage():
            fault = speech.say(
                f"选项 {error.option_name} 后面要写出它的值", f"The option {error.option_name} wants a value"
            )
        case click.MissingParameter() if error.param is not None:
            name = error.param.human_readable_name
            fault = speech.say(f"缺少 {name}", f"{name} is missing")
        case click.BadParameter() if error.param is not None:
            name = error.param.opts[0]
            fault = speech.say(
                f"选项 {name} 的值不对（{_wanted(error.param.type) or error.message}）",
                f"The value of {name} is wrong ({error.message})",
            )
        case _:
            fault = speech.say(f"命令写法不对：{error.format_message()}", error.format_message())
    return speech.say(f"{fault}。{hint}", f"{fault.rstrip('.')}. {hint}")


def _wanted(kind: click.ParamType[object]) -> str | None:
    """In Chinese, what a value must be; None of a kind that says so itself."""
    match kind:
        case click.IntRange(min=least, max=most):
            bounds = [f"不小于 {least}"] if least is not None else []
            bounds += [f"不大于 {most}"] if most is not None else []
            return f"应是{'、'.join(bounds)} 的整数"
        case click.Choice(choices=choices):
            return f"应是 {'、'.join(map(str, choices))} 之一"
    return "应是整数" if kind is click.INT else None


def _complain(message: str) -> None:
    click.echo(message, err=True)


if __name__ == "__main__":
    main()
