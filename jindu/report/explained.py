"""How an explanation reads in a terminal of 80 columns."""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Protocol

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from jindu.shown import percent, word

SECTIONS = (  # the steps of each, in the order of mart.completion_explained
    ("单元格", "Cells", ("cell",)),
    ("各单位", "Units", ("unit",)),
    (
        "实际数",
        "What was done",
        ("month", "numerator", "denominator", "ytd", "prior", "growth", "rolling_3", "rolling_12", "low", "high"),
    ),
    (
        "目标与比率",
        "Target and ratios",
        ("target", "shape", "target_to_date", "target_covered", "completion", "pace", "gap", "needed"),
    ),
    (
        "预计",
        "Projection",
        ("projected_rate", "projected_rest", "projected_misses", "projected_sum", "projected_range", "projection"),
    ),
    ("状态", "Status", ("provisional", "status")),
)
SECTION_OF = {kind: place for place, (_, _, kinds) in enumerate(SECTIONS) for kind in kinds}
PIECE = re.compile(
    r"[（“《]*(?:[!-~]+|\s+|.)[，。；：）”》、]*"
)  # a line neither ends with an opening mark nor begins with a closing one
STATUS_COLOURS = {  # domain.md, Status
    "missed": "red", "far_behind": "red", "behind": "dark_orange", "at_risk": "yellow", "repaired": "yellow",
    "on_pace": "blue", "achieved": "blue",
}  # fmt: skip


class Step(Protocol):
    """What is read of a step."""

    @property
    def kind(self) -> str:
        """What it gives."""

    @property
    def text_zh(self) -> str:
        """Its words in Chinese."""

    @property
    def text_en(self) -> str:
        """Its words in English."""

    @property
    def file_name(self) -> str | None:
        """The file of a cell."""

    @property
    def sheet_name(self) -> str | None:
        """The sheet of a cell."""

    @property
    def cell(self) -> str | None:
        """The address of a cell."""


def show_explanation(
    console: Console, row: dict[str, Any], steps: Sequence[Step], lang: str, *, with_cells: bool
) -> None:
    """Print the row's name, what it came to, and its steps; a cell with the place where it was typed."""
    zh = lang != "en"
    _head(console, row, zh, lang)
    for place, group in groupby(steps, key=lambda step: SECTION_OF[step.kind]):
        listed = list(group)
        console.print()
        heading_zh, heading_en, _ = SECTIONS[place]
        console.print(Text(heading_zh if zh else heading_en, "bold"))
        if place == 0 and not with_cells:
            _say(console, _cells_left_out(listed, zh))
            continue
        for step in listed:
            _say(console, step.text_zh if zh else step.text_en)
            if step.kind == "cell" and step.file_name:  # a value telephoned in may stand in no file
                _say(console, _where(step, zh), indent=4, style="dim")


def _head(console: Console, row: dict[str, Any], zh: bool, lang: str) -> None:
    name = row["name_zh"] if zh else row["name_en"]
    month = row["report_month"]
    marks: Iterable[str] = (
        mark
        for shown, mark in (
            (row["is_sample"], "示例" if zh else "sample"),
            (row["is_provisional"], "暂定" if zh else "provisional"),
            (row["is_suppressed"], "受限不公开" if zh else "withheld"),
        )
        if shown
    )
    said = f"{month.year}年{month.month}月" if zh else f"{month:%B %Y}"
    console.print(Text(f"{row['unit_name']} · {name} · {said}", "bold"), soft_wrap=True)
    status = Text(word("completion", "status", row["status"], lang), STATUS_COLOURS.get(row["status"], ""))
    line = Text.assemble("状态 " if zh else "status ", status)
    for mark in marks:
        line.append(f"（{mark}）" if zh else f" ({mark})")
    for label_zh, label_en, column in (
        ("完成率", "completion", "completion_ratio"),
        ("序时完成率", "pace", "pace_ratio"),
    ):
        if row[column] is not None:
            line.append(f"   {label_zh if zh else label_en} {percent(row[column])}")
    console.print(line)
    kind = word("indicator", "kind", row["kind"], lang)
    direction = word("indicator", "direction", row["direction"], lang)
    facts = [kind, direction, row["measure"], f"{row['indicator_code']} / {row['org_unit_code']}"]
    _say(console, " · ".join(str(fact) for fact in facts if fact), indent=0, style="dim")
    moment = f"{row['as_of_at']:%Y-%m-%d %H:%M}"
    _say(console, f"截至 {moment}" if zh else f"as of {moment}", indent=0, style="dim")


def _cells_left_out(steps: Sequence[Step], zh: bool) -> str:
    count = len(steps)
    files = len({(step.file_name, step.sheet_name) for step in steps if step.file_name})
    return (
        f"{files} 份报表的 {count} 个单元格；加 --cells 全部列出，或对下面任一单位再执行 jindu explain。"
        if zh
        else f"{count} cells of {files} sheets; --cells lists them, or ask jindu explain of any unit below."
    )


def _where(step: Step, zh: bool) -> str:
    if zh:
        return "".join([f"《{step.file_name}》", f"“{step.sheet_name}”" if step.sheet_name else "", f" {step.cell}"])
    return ", ".join(part for part in (step.file_name, step.sheet_name, step.cell) if part)


def _say(console: Console, text: str, *, indent: int = 2, style: str = "") -> None:
    """A paragraph that is wrapped under its own beginning."""
    for line in wrapped(text, console.width - indent):
        console.print(Text(" " * indent + line, style), soft_wrap=True)


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a text: Chinese breaks anywhere but beside its punctuation, a number or an English word nowhere."""
    lines = [""]
    for piece in PIECE.findall(text):
        if cell_len(lines[-1] + piece.rstrip()) > width and lines[-1]:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return [line.rstrip() for line in lines]
