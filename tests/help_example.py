"""The examples in the help of the commands, as arguments: what a user would paste, on a place of the test's own."""

import io
import shlex
from collections.abc import Mapping
from contextlib import redirect_stdout

from jindu import cli

LANGUAGES = {"zh": "示例：", "en": "Example:"}


def examples(command: str, lang: str, places: Mapping[str, str]) -> list[list[str]]:
    """The arguments of every example of a command's help; `places` says what stands for the names in them."""
    shown = io.StringIO()
    with redirect_stdout(shown):
        assert cli.run_command(["--lang", lang, command, "--help"]) == 0
    lines = shown.getvalue().split(f"\n{LANGUAGES[lang]}\n")[1].splitlines()
    pasted = [shlex.split(line) for line in lines if line.strip()]
    assert pasted, f"jindu {command} --help shows no example"
    assert all(words[0] == "jindu" and command in words for words in pasted)
    return [[_placed(word, places) for word in words[1:]] for words in pasted]


def _placed(word: str, places: Mapping[str, str]) -> str:
    for name, place in places.items():
        word = word.replace(name, place)
    return word
