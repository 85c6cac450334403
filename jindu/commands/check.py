"""jindu check: what would become of a file, before it is sent."""

import re
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jindu.reading_order import reading_place
from jindu.settings import Home, JinduError, Progress, home_folder, no_progress, parse_as_of, reference_folder
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

if TYPE_CHECKING:
    from rich.console import Console

    from jindu.checks.gate import Finding
    from jindu.dry_run import Candidate, DryRun, Judgement

FINDINGS_SHOWN = 40  # of one file; all of them are in --json
WIDE_QUOTES = str.maketrans("“”", "「」")  # terminals disagree on how wide the others are
# an opening bracket stays with what follows, a comma or stop with what it follows; a word or a number stays whole
PIECE = re.compile(r"[（「]*(?:[!-~]+|\S)[，。；：、）」！？…]*\s*|\s+")
VERDICTS = {
    "accepted": ("会被接收", "would be accepted", "green"),
    "held": ("待核实（需在备注中说明）", "would be held until the note explains it", "yellow"),
    "rejected": ("会被退回", "would be rejected", "red"),
}
LATE = "late_without_reason"  # expectations/incoming.yml
LATE_ALONE = (
    "只差“更正说明”（锁定日已过），补写后再报；其余没有要改的",
    "only a correction reason is missing (the lock day is over); nothing else is to be mended",
)
ANSWERED = {
    "explained": ("备注已说明", "explained in the note"),
    "settled": ("同一数值以前已说明或已核实，不用再说明", "answered before for the same value"),
    "waived": ("已核实，不用再说明", "waived"),
}
MARKS = {"critical": ("✗", "red"), "warning": ("!", "yellow"), "explained": ("·", "dim")}


@click.command(
    "check",
    cls=SpokenCommand,
    help=both(
        "报送前先核对：像夜间运行一样判断文件会被接收、待核实还是退回，什么都不保存。\n\n"
        "先说读取时就能发现的问题，再做全部核对（约十几秒）。几个文件一起核对，先后顺序不限。\n\n"
        "退出码：0 会被接收；1 有待核实或会被退回的文件；2 没有核对成。",
        "Try files before they are sent: accepted, held or rejected, as the night would judge; nothing is stored.\n\n"
        "What reading finds comes at once, all the rest after ten seconds or so. Several files are judged together.\n\n"
        "Exit code: 0 accepted; 1 a file would be held or rejected; 2 not done.",
    ),
    epilog=both(
        "  jindu check --home /data/jindu --unit 990101001001 社区工作月报.xlsx",
        "  jindu --lang en check --home /data/jindu --unit 990101001001 report.xlsx",
    ),
)
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@option(
    "--unit",
    "按哪个单位文件夹里的文件来判断（单位代码）；文件在 inbox/<代码>/ 里时不必写。",
    "The code of the unit in whose folder the files are taken to lie; not needed for files in inbox/<code>/.",
)
@home_option
@reference_option
@option(
    "--as-of",
    "截至时刻（北京时间），缺省为现在。",
    "The moment to judge as of (Beijing time), by default now.",
)
@option("--json", "输出 JSON，供程序读取。", "JSON for a machine.", is_flag=True, default=False)
@language_option
@click.pass_obj
def command(  # noqa: PLR0913, PLR0917 - one for each option
    speech: Speech,
    files: Sequence[Path],
    unit: str | None,
    home: Path | None,
    reference: Path | None,
    as_of: str | None,
    json: bool,
) -> int:
    """Never opens the private database: a night at work is not disturbed, and does not disturb."""
    from rich.console import Console  # noqa: PLC0415 - these take their time, which --help should not

    here, moment = home_folder(home), parse_as_of(as_of)
    paths = [*dict.fromkeys(path.expanduser().resolve() for path in files)]
    with _unhurried_end(), _spared_pandas():
        from jindu.dry_run import DryRun  # noqa: PLC0415

        answer = Answer(Console(highlight=False, markup=False, quiet=json), speech)
        aside = Console(highlight=False, markup=False, stderr=True)
        with DryRun(reference_folder(reference, here), moment, here.history) as dry:
            candidates = _candidates(dry, here, paths, unit)
            first = dry.read(candidates)
            answer.first(dry, moment, here, first)
            _release_pandas()
            with _moving(aside, speech) as progress:
                judged = dry.judge(progress)
            if json:
                click.echo(dumps(_as_json(dry, moment, judged, speech), ensure_ascii=False, indent=2))
            else:
                answer.rest(dry, first, judged)
    return DONE if all(judgement.state == "accepted" for judgement in judged) else NEEDS_PERSON


def _candidates(dry: "DryRun", home: Home, paths: Sequence[Path], unit: str | None) -> list["Candidate"]:
    """The files as the next night would take them in, each from its unit's folder."""
    from jindu.workbooks.collect import storable  # noqa: PLC0415

    if unit is not None and dry.unit_name(unit) is None:
        raise JinduError(
            f"参考数据里没有代码为“{unit}”的单位，请核对 --unit。",
            f"The reference folder has no unit with the code {unit!r}; check --unit.",
        )
    inbox = home.inbox.resolve()
    folders = [storable(path.parent.name) if path.parent.parent == inbox else None for path in paths]
    return [dry.arrival(path, unit or folder) for path, folder in zip(paths, folders, strict=True)]


@contextmanager
def _unhurried_end() -> Iterator[None]:
    """Let a closed terminal or a terminated command clear its workspace away, as Ctrl-C does."""
    previous = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def _spared_pandas() -> Iterator[None]:
    """Keep pandas out until the first answer is given.

    DuckDB imports it, a third of a second, to see whether a value is one of its frames; none here is.
    """
    if "pandas" in sys.modules:
        yield
        return
    sys.modules["pandas"] = None  # type: ignore[assignment]  # an import fails at once
    try:
        yield
    finally:
        _release_pandas()


def _release_pandas() -> None:
    if sys.modules.get("pandas", sys) is None:
        del sys.modules["pandas"]


@contextmanager
def _moving(console: "Console", speech: Speech) -> Iterator[Progress]:
    """A bar while the gate is at work, or one line where nothing can move."""
    told = speech.say("正在与以往的报送和全部规则核对，约需十几秒", "Judging by all the rules, ten seconds or so")
    if not console.is_terminal:
        console.print(f"{told}……" if speech.lang != "en" else f"{told} …")
        yield no_progress
        return
    from rich.progress import BarColumn, SpinnerColumn, TextColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(14), TextColumn("{task.fields[count]}"))
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(told, total=None, count="")
        yield lambda done, total: bar.update(task, completed=done, total=total, count=f"{done}/{total}")


@dataclass(frozen=True)
class Answer:
    """What a check says in a terminal."""

    console: "Console"
    speech: Speech

    def first(self, dry: "DryRun", moment: datetime, home: Home, judged: Sequence["Judgement"]) -> None:
        """What reading found, as soon as it is known."""
        if dry.history_as_of is None:
            compared = self.speech.say(
                f"{home.root} 里还没有发布过数据，没有以往的报送可以比对",
                f"nothing is published in {home.root} yet: nothing sent before to compare with",
            )
        else:
            known = f"{dry.history_as_of:%Y-%m-%d %H:%M}"
            age = self._age(moment, dry.history_as_of)
            compared = self.speech.say(
                f"与 {known} 前收到的报送比对（{age}）", f"compared with what was in by {known} ({age})"
            )
        self._line(f"{self.speech.say('截至', 'As of')} {moment:%Y-%m-%d %H:%M} · {compared}", "dim")
        for judgement in judged:
            self.console.print()
            self._line(judgement.file_name, "bold")
            if claimed := self._claimed(judgement):
                self._line(f"  {claimed}")
            count = len(judgement.findings)
            cells = self.speech.say(
                f"应填 {judgement.cells_asked_count} 格，已填 {judgement.cells_filled_count} 格"
                f"（其中不适用 {judgement.not_applicable_count} 格）",
                f"{judgement.cells_filled_count} of {judgement.cells_asked_count} cells filled "
                f"({judgement.not_applicable_count} not applicable)",
            )
            found = (
                self.speech.say(f"读取时发现 {count} 处问题", f"reading found {count}")
                if count
                else self.speech.say("读取时没有发现问题", "reading found nothing wrong")
            )
            asked = [cells] if judgement.cells_asked_count else []
            self._line("  " + self.speech.say("；", "; ").join([*asked, found]))
            self._list(judgement.findings, judgement.answers)
        self.console.print()
        self.console.file.flush()  # whoever reads it through a pipe waits for it too

    def rest(self, dry: "DryRun", first: Sequence["Judgement"], judged: Sequence["Judgement"]) -> None:
        """What the gate found beyond that, and the verdict of each file."""
        for before, judgement in zip(first, judged, strict=True):
            zh, en, colour = VERDICTS[judgement.state]
            if judgement.state == "rejected" and {one.rule_code for one in _open(judgement)} == {LATE}:
                zh, en, colour = *LATE_ALONE, VERDICTS["held"][2]
            self._line(f"{judgement.file_name}{self.speech.say('：', ': ')}{self.speech.say(zh, en)}", f"bold {colour}")
            more = [finding for finding in judgement.findings if finding not in before.findings]
            self._list(more, judgement.answers)
            if before.findings:
                self._line(
                    "  "
                    + self.speech.say(
                        f"读取时发现的 {len(before.findings)} 处见上",
                        f"the {len(before.findings)} that reading found are above",
                    ),
                    "dim",
                )
            for sentence in self._next_steps(judgement):
                self._line(f"  {sentence}")
            self.console.print()
        if dry.skipped:
            names = self.speech.say("、", "; ").join(
                self.speech.say(rule.name_zh, rule.name_en) for rule in dry.skipped
            )
            self._line(
                self.speech.say(
                    f"还没有发布过数据，下列规则没有以往的报送可比，已跳过（只在这次的文件之间比对）：{names}。",
                    f"Nothing is published yet, so these rules were skipped but between the files given: {names}.",
                ),
            )
        if len(judged) > 1:
            counts = {state: sum(judgement.state == state for judgement in judged) for state in VERDICTS}
            told = self.speech.say("，", ", ").join(
                f"{self.speech.say(*VERDICTS[state][:2])} {count}" for state, count in counts.items() if count
            )
            self._line(self.speech.say(f"共 {len(judged)} 个文件：{told}。", f"{len(judged)} files: {told}."), "bold")

    def _next_steps(self, judgement: "Judgement") -> Iterator[str]:
        if judgement.is_known:
            moment, version = f"{judgement.received_at:%Y-%m-%d %H:%M}", judgement.version
            yield self.speech.say(
                f"这个文件已在 {moment} 收到过"
                + (f"，是第 {version} 版" if version else "")
                + "，再报一次不会有变化。",
                f"These very bytes came in at {moment}"
                + (f" as version {version}" if version else "")
                + ": no change.",
            )
        due = f"{judgement.due_on:%m-%d}" if judgement.due_on else None
        lock = f"{judgement.lock_on:%m-%d}" if judgement.lock_on else None
        if judgement.state == "rejected":
            is_over = judgement.due_on is not None and judgement.received_at.date() > judgement.due_on
            until = self.speech.say(f"（截止日 {due}）", f" (due {due})") if due and not is_over else ""
            until = self.speech.say("，已过截止日", "; the due day is over") if is_over else until
            yield self.speech.say(
                f"标 ✗ 的必须改正后再报{until}。", f"Correct what is marked ✗ before sending it{until}."
            )
        elif judgement.state == "held":
            until = self.speech.say(f"，锁定日 {lock} 前报来", f" and send it by the lock day, {lock}") if lock else ""
            yield self.speech.say(
                f"标 ! 的请更正；数字属实的，在那一行的备注里写明原因{until}。",
                f"Correct what is marked !, or say why it is right in the row's note{until}.",
            )

    def _list(self, findings: Sequence["Finding"], answers: Mapping[str, str]) -> None:
        """One block per finding: its mark and cell, what it says, and what was found and expected where it does not."""
        from rich.text import Text  # noqa: PLC0415

        widest = max((len(finding.cell or "") for finding in findings), default=0)
        indent = 4 + (widest + 1 if widest else 0)
        for finding in sorted(findings, key=lambda one: _severest_first(one, answers))[:FINDINGS_SHOWN]:
            state = answers[finding.finding_id]
            mark, colour = MARKS["explained" if state in ANSWERED else finding.severity]
            message, beside = self._told(finding, state)
            lines = folded(message, self.console.width - indent)
            head = Text.assemble("  ", (mark, f"bold {colour}"), " ", ((finding.cell or "").ljust(indent - 4), "bold"))
            for line in lines:
                self.console.print(Text.assemble(head, line), soft_wrap=True)
                head = Text(" " * indent)
            for line in folded(beside, self.console.width - indent):
                self.console.print(Text.assemble(head, (line, "dim")), soft_wrap=True)
        if len(findings) > FINDINGS_SHOWN:
            rest = len(findings) - FINDINGS_SHOWN
            self._line(
                "    " + self.speech.say(f"另有 {rest} 处，用 --json 查看全部。", f"and {rest} more: see --json.")
            )

    def _told(self, finding: "Finding", state: str) -> tuple[str, str]:
        """What a finding says and does; and what it leaves out of what was found and expected."""
        from jindu.finding import english  # noqa: PLC0415 - DuckDB, which is there by now

        message = self.speech.say(finding.message_zh, finding.message_en)
        beside = [
            f"{name} {self.speech.say(text, english(text))}"
            for name, text in (
                (self.speech.say("填的是" if finding.cell else "查到", "found"), finding.found),
                (self.speech.say("应为", "expected"), finding.expected),
            )
            if text and text not in message
        ]
        if state in ANSWERED:
            beside.append(self.speech.say(*ANSWERED[state]))
        return message, self.speech.say("；", "; ").join(beside)

    def _claimed(self, judgement: "Judgement") -> str:
        """What the file turned out to be, as far as it is known."""
        month, version = judgement.report_month, judgement.version
        known = (
            judgement.sender_name,
            judgement.form_name,
            self.speech.say(f"{month.year}年{month.month}月", f"{month:%Y-%m}") if month else None,
            self.speech.say(f"第 {version} 版", f"version {version}") if version else None,
        )
        return " · ".join(text for text in known if text)

    def _age(self, moment: datetime, known: datetime) -> str:
        hours = int((moment - known).total_seconds() // 3600)
        if hours < 0:
            return self.speech.say("比截至时刻新", "newer than the as-of moment")
        if hours < 48:  # two days are clearer in hours
            return self.speech.say(f"{hours} 小时前", f"{hours} hours ago")
        return self.speech.say(f"{hours // 24} 天前", f"{hours // 24} days ago")

    def _line(self, text: str, style: str = "") -> None:
        """A sentence, over as many lines as it takes, each indented like the first."""
        from rich.text import Text  # noqa: PLC0415

        indent = len(text) - len(text.lstrip())
        for line in folded(text.strip(), self.console.width - indent):
            self.console.print(Text(" " * indent + line, style), soft_wrap=True)


def _open(judgement: "Judgement") -> list["Finding"]:
    """What somebody has to do something about."""
    return [one for one in judgement.findings if judgement.is_open(one)]


def _severest_first(finding: "Finding", answers: Mapping[str, str]) -> tuple[object, ...]:
    place = reading_place(finding.sheet_name, finding.cell)
    return (answers[finding.finding_id] in ANSWERED, finding.severity != "critical", place)


def folded(text: str, width: int) -> list[str]:
    """The lines of a text in a terminal: Chinese breaks between any two characters, but not before a comma or stop.

    What would move the cursor, as a cell or a file's name may, is left out.
    """
    from rich.cells import cell_len, chop_cells  # noqa: PLC0415

    shown = "".join(character if character.isprintable() else " " for character in text).translate(WIDE_QUOTES)
    lines = [""]
    for piece in PIECE.findall(shown):
        if cell_len(lines[-1] + piece.rstrip()) <= width:
            lines[-1] += piece
        else:
            lines += chop_cells(piece.lstrip(), width)
    return [line.rstrip() for line in lines if line.strip()]


def _as_json(dry: "DryRun", moment: datetime, judged: Sequence["Judgement"], speech: Speech) -> dict[str, Any]:
    """The same for a machine; the names are promised."""
    files = []
    for judgement in judged:
        facts = asdict(judgement)
        for finding in facts["findings"]:
            finding["message"] = finding["message_en" if speech.lang == "en" else "message_zh"]
            finding["state"] = judgement.answers[finding["finding_id"]]
        del facts["answers"]
        files.append(_written(facts))
    return {
        "as_of": moment.isoformat(),
        "compared_as_of": dry.history_as_of and dry.history_as_of.isoformat(),
        "files": files,
        "skipped_rules": [
            {"rule_code": rule.code, "name_zh": rule.name_zh, "name_en": rule.name_en} for rule in dry.skipped
        ],
    }


def _written(value: Any) -> Any:
    """Days and moments as text, all the way down."""
    if isinstance(value, dict):
        return {name: _written(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_written(inner) for inner in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
