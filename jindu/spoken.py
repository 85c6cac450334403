"""A command line in two languages: help, options and messages in Chinese, or in English with --lang en."""

import importlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

DONE, NEEDS_PERSON, NOT_DONE = 0, 1, 2  # domain.md, Places and commands
LANGUAGES = ("zh", "en")
USAGE_WORDS = {  # click's own words
    "[OPTIONS]": "[选项]",
    "COMMAND [ARGS]...": "命令 …",
    "FILE": "文件",
    "DIRECTORY": "目录",
    "DIR": "目录",
    "PATH": "路径",
    "INTEGER RANGE": "整数",
    "FLOAT RANGE": "数字",
    "INTEGER": "整数",
    "TEXT": "文字",
    "UNIT": "单位",
    "INDICATOR": "指标",
    "SUBMISSION_ID": "报送编号",
    "FINDING_ID": "问题编号",
    "FORM": "报表",
    "MONTH": "月份",
    "NAME=VALUE": "名称=值",
    "QUERY": "查询",
    "TABLE": "表名",
}
SPLIT = "\x1f"  # between the Chinese and the English of a help text

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
        return None if record is None else (_worded(record[0], ctx), _chosen(record[1], ctx))


class SpokenCommand(click.Command):
    """A command whose help, headings and example are in the language asked for."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """--help, described in the language."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = speech_of(ctx).say("显示本说明。", "Show this message.")
        return option

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The first line of the help."""
        pieces = _worded(" ".join(self.collect_usage_pieces(ctx)), ctx)
        formatter.write_usage(ctx.command_path, pieces, prefix=speech_of(ctx).say("用法：", "Usage: "))

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What the command does."""
        formatter.write_paragraph()
        _write(formatter, _chosen(self.help or "", ctx))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options, under a heading."""
        options = [one for one in self.get_params(ctx) if isinstance(one, click.Option)]
        records = [record for one in options if (record := one.get_help_record(ctx))]
        with _section(formatter, ctx, "选项", "Options"):
            formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The example."""
        with _section(formatter, ctx, "示例", "Example"):
            _write(formatter, _chosen(self.epilog or "", ctx))

    def get_short_help_str(self, limit: int = 45) -> str:
        """One line of the list of commands; the group chooses the language."""
        return self.help or ""


class SpokenGroup(SpokenCommand, click.Group):
    """The group of commands, in the language asked for."""

    command_class = SpokenCommand

    def __init__(self, *args: Any, modules: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.modules = modules or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of their use."""
        return [*self.modules, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; only its own module is imported."""
        if cmd_name in self.modules:
            command: click.Command = importlib.import_module(self.modules[cmd_name]).command
            return command
        return super().get_command(ctx, cmd_name)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options, and the list of commands."""
        SpokenCommand.format_options(self, ctx, formatter)
        with _section(formatter, ctx, "命令", "Commands"):
            commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
            formatter.write_dl([(name, _summary_line(command, ctx)) for name, command in commands if command])


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
    "--reference",
    "参考数据文件夹（缺省：工作目录里的 reference，没有则用自带的）。",
    "The reference folder (by default the home's own, else the shipped one).",
    type=click.Path(path_type=Path),
)


def speech_of(ctx: click.Context) -> Speech:
    """The language of the command at work."""
    return ctx.find_object(Speech) or Speech("zh")


def _chosen(text: str, ctx: click.Context) -> str:
    zh, _, en = text.partition(SPLIT)
    return speech_of(ctx).say(zh, en or zh)


def _worded(text: str, ctx: click.Context) -> str:
    """Click's own words in the language asked for."""
    for english, chinese in USAGE_WORDS.items() if speech_of(ctx).lang != "en" else ():
        text = re.sub(rf"(?<![A-Z]){re.escape(english)}(?![A-Z])", chinese, text)
    return text


@contextmanager
def _section(formatter: click.HelpFormatter, ctx: click.Context, zh: str, en: str) -> Iterator[None]:
    """A heading with the colon of its language, and what stands below it."""
    formatter.write_paragraph()
    formatter.write(f"{speech_of(ctx).say(f'{zh}：', f'{en}:')}\n")
    with formatter.indentation():
        yield


def _summary_line(command: click.Command, ctx: click.Context) -> str:
    return _chosen(command.help or "", ctx).split("\n", 1)[0]


def _write(formatter: click.HelpFormatter, text: str) -> None:
    with formatter.indentation():
        for line in text.splitlines():
            formatter.write(f"{' ' * formatter.current_indent if line else ''}{line.strip()}\n")
