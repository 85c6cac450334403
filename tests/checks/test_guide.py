"""The guide to changing a rule, done word by word: what it changes, what it types, and what it is told."""

import re
import shutil
from pathlib import Path

import pytest

from jindu import cli, rules
from jindu.settings import PROJECT_ROOT

BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
GUIDES = ("rules.md", "rules.zh-CN.md")


@pytest.mark.parametrize("guide", GUIDES)
def test_every_step_of_the_guide_does_what_it_says(
    guide: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "expectations"
    shutil.copytree(PROJECT_ROOT / "expectations", folder)
    monkeypatch.setattr(rules, "EXPECTATIONS_ROOT", folder)
    before, said, codes, undo = None, "", [], ""
    for kind, text in BLOCK.findall((PROJECT_ROOT / "docs" / guide).read_text(encoding="utf-8")):
        file = folder / "mart.yml"
        content = file.read_text(encoding="utf-8")
        match kind:
            case "yaml" if before is None:
                before = text.rstrip("\n")
                assert content.count(before) == 1, before
            case "yaml":
                undo = content
                file.write_text(content.replace(before or "", text.rstrip("\n")), encoding="utf-8")
                before = None
            case "sh":
                codes.append(cli.run_command(text.split()[1:]))
                told = capsys.readouterr()
                said = (told.out + told.err).replace(str(folder), "expectations")
            case "text":
                assert re.fullmatch(re.escape(text).replace("…", "[^\n]+"), said), said  # how many rules there are
                if codes[-1] == 2:  # "change it back"
                    file.write_text(undo, encoding="utf-8")
    assert codes == [0, 2, 0]


def test_both_languages_show_the_same_steps() -> None:
    changes = [
        [
            text
            for kind, text in BLOCK.findall((PROJECT_ROOT / "docs" / guide).read_text(encoding="utf-8"))
            if kind == "yaml"
        ]
        for guide in GUIDES
    ]
    assert changes[0] == changes[1]
