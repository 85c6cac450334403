"""jindu target: targets as they stand, handed down, revised."""

import importlib
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

from jindu.catalogue.column import LARGEST
from jindu.decisions import check_said, deciding, record, strange_files, torn_journals
from jindu.settings import Home, JinduError, home_folder, parse_as_of, reference_folder
from jindu.shown import word
from jindu.spoken import (
    DONE,
    NEEDS_PERSON,
    Speech,
    SpokenCommand,
    SpokenGroup,
    both,
    home_option,
    language_option,
    option,
    reference_option,
)
from jindu.workbooks.numbers import parse, parse_month

if TYPE_CHECKING:
    from jindu.target import MonthDue, Row, Standing, Subject, TargetDesk

KIND = "target"
LONGEST = 6  # decimals of a value in target.csv
PLACES = 2  # decimals that a table shows at most
PHASINGS = ("linear", "guidance", "seasonal", "none")
BASES = ("plan", "assigned", "carried", "office")
SPLIT_KEYS = ("equal", "households", "population", "explicit")
Cells = Sequence[str]

as_of_option = option(
    "--as-of", "以哪一刻为“现在”；缺省为此刻。", "The moment that counts as now. Default: now.", default=None
)
year_option = option(
    "--year",
    "计划年度；缺省为今年，今年没有则为最近一年。",
    "The plan year. Default: this one, else the newest.",
    type=int,
    default=None,
)
by_option = option(
    "--by",
    "决定人；只留在本机，不公布。",
    "Who decided it; stays on this machine, is never published.",
    required=True,
)
reason_option = option(
    "--reason",
    "理由；会公布，不要写人名、身份证号、电话。",
    "Why. It is published: no names, ID-card or telephone numbers.",
    required=True,
)
recorded_option = option(
    "--at",
    "通过的日期，如 2024-07-10；缺省为此刻，不能是将来。",
    "When it was adopted, such as 2024-07-10. Default: now; never a moment to come.",
    default=None,
)
older_recorded_option = click.option("--recorded-at", "recorded_at", default=None, hidden=True)  # its older name
dry_option = option(
    "--dry-run", "只看结果，不记下。", "Show what would become of it; record nothing.", is_flag=True, default=False
)


class TargetCommand(SpokenCommand):
    """A command that says which option is missing."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options."""
        try:
            return super().parse_args(ctx, args)
        except click.MissingParameter as error:
            if error.param is None:
                raise
            name = error.param.opts[0] if isinstance(error.param, click.Option) else error.param.make_metavar(ctx)
            raise JinduError(
                f"缺少 {name}。用法见 {ctx.command_path} --help",
                f"{name} is missing. See {ctx.command_path} --help",
            ) from error


@click.group(
    "target",
    cls=SpokenGroup,
    help=both(
        "查看、分解、调整目标。决定记入工作目录的 decisions/，截至通过之日及以后的夜间任务都计入，各版都保留。",
        "Look at targets, hand them down, revise them. A decision goes to decisions/ of the home and counts in every "
        "jindu run as of the day it was adopted or later; no version is ever overwritten.",
    ),
    epilog=both(
        "  jindu target show 990101001 visits --home /data/jindu\n"
        "  jindu target revise 990101001 visits --value 1800 --effective 2024-10 --reason 加码 --by 办公室"
        " --home /data/jindu\n"
        "  jindu target split 990101001 visits --key households --effective 2024-11 --reason 按户数 --by 办公室"
        " --home /data/jindu",
        "  jindu --lang en target show 990101001 visits --home /data/jindu\n"
        "  jindu --lang en target revise 990101001 visits --value 1900 --effective 2024-11 --reason more --by office"
        " --home /data/jindu\n"
        "  jindu --lang en target split 990101001 visits --key equal --effective 2024-11 --reason anew --by office"
        " --home /data/jindu",
    ),
)
@language_option
def command() -> None:
    """The group."""


@command.command(
    "show",
    cls=TargetCommand,
    help=both(
        "一个目标的各版、依据、每月应完成多少、分解给了谁。单位和指标写代码或名称。\n\n"
        "退出码：0 完成；1 有决定没有写完整或不再适用；2 未完成。",
        "A target's versions, basis, what is due by each month, and who has a part. Unit and indicator by code or "
        "name.\n\nExit code: 0 done; 1 a decision was not written whole or fits no more; 2 not done.",
    ),
    epilog=both(
        "  jindu target show 990101001 visits --home /data/jindu",
        "  jindu --lang en target show 990101001 visits --home /data/jindu",
    ),
)
@click.argument("unit", metavar="UNIT")
@click.argument("indicator", metavar="INDICATOR")
@year_option
@home_option
@reference_option
@as_of_option
@language_option
@click.pass_obj
def show(  # noqa: PLR0913, PLR0917  (an argument per option)
    speech: Speech,
    unit: str,
    indicator: str,
    year: int | None,
    home: Path | None,
    reference: Path | None,
    as_of: str | None,
) -> int:
    """What the next night will find, decisions of today included."""
    here = home_folder(home)
    with _desk(here, reference, parse_as_of(as_of)) as desk:
        standing = desk.standing(desk.subject(unit, indicator, year))
        page = Page(speech)
        page.heading(standing)
        page.versions(standing, desk.unpublished(standing))
        page.months(standing)
        page.parts(standing)
        return _remarks(here, desk, speech)


@command.command(
    "revise",
    cls=TargetCommand,
    help=both(
        "调整目标：从生效月份起按新的数，此前各月应完成数不变，余下的摊到余下的月份。\n\n"
        "已分解的目标按原来各单位的比例分解；--rekey 按口径重新分解。",
        "Revise a target: from the effective month on the new value; the months before keep their amounts, what "
        "remains is spread over the months that remain.\n\n"
        "A target that was handed down keeps its proportions; --rekey splits it by its key anew.",
    ),
    epilog=both(
        "  jindu target revise 990101001 visits --value 1800 --effective 2024-07 --reason 年中加码 --by 办公室"
        " --dry-run --home /data/jindu",
        "  jindu --lang en target revise 990101001 visits --value 1800 --effective 2024-07 --reason 'raised at midyear'"
        " --by office --dry-run --home /data/jindu",
    ),
)
@click.argument("unit", metavar="UNIT")
@click.argument("indicator", metavar="INDICATOR")
@option(
    "--value",
    "新的全年目标值，如 1,700、3000万元或 95%。",
    "The new value, such as 1,700, 3000万元 or 95%.",
    default=None,
)
@option("--effective", "从哪个月起生效，如 2024-07。", "The month from which it holds, such as 2024-07.", required=True)
@option("--due-month", "新的完成月份。", "The new due month.", default=None)
@option("--phasing", "新的序时办法。", "How it is phased from now on.", type=click.Choice(PHASINGS), default=None)
@option("--rekey", "按口径重新分解。", "Split by its key anew.", is_flag=True, default=False)
@option(
    "--basis",
    "新数的依据；缺省为本办制定。",
    "What the new value rests on. Default: the office's own decision.",
    type=click.Choice(BASES),
    default="office",
)
@option("--source", "依据的文件和章节；会公布。", "The document and section it rests on; published.", default=None)
@reason_option
@by_option
@recorded_option
@older_recorded_option
@dry_option
@year_option
@home_option
@reference_option
@language_option
@click.pass_obj
def revise(  # noqa: PLR0913  (an argument per option)
    speech: Speech,
    unit: str,
    indicator: str,
    *,
    value: str | None,
    effective: str,
    due_month: str | None,
    phasing: str | None,
    rekey: bool,
    basis: str,
    source: str | None,
    reason: str,
    by: str,
    at: str | None,
    recorded_at: str | None,
    dry_run: bool,
    year: int | None,
    home: Path | None,
    reference: Path | None,
) -> int:
    """Before and after, and then the line in the journal."""
    here, moment = home_folder(home), _moment(at or recorded_at)
    check_said(by, reason, moment)
    target = importlib.import_module("jindu.target")  # DuckDB and the models
    month = _month(effective, "--effective")
    with deciding(here), _desk(here, reference, moment) as desk:
        subject = desk.subject(unit, indicator, year or month.year)
        before = desk.standing(subject)
        due = _month(due_month, "--due-month") if due_month else None
        revision = target.Revision(month, _value(value, subject, desk), due, phasing, rekey, basis, source)
        (row,) = target.revised(desk, before, revision)
        page = Page(speech)
        after = desk.standing(subject, [row])
        target.refuse_idle(before, after, [row])
        page.heading(after)
        page.change(before, after, row)
        doubts = target.doubts(desk, before, row, is_percent="%" in unicodedata.normalize("NFKC", value or "%"))
        return _record(here, [row], reason, by, moment, dry_run, speech, [speech.say(one.zh, one.en) for one in doubts])


@command.command(
    "split",
    cls=TargetCommand,
    help=both(
        "把目标分解到下级单位：平均、按户数、按人口，或逐个写明。各单位之和总等于目标。",
        "Hand a target down to the units below: evenly, by households, by population, or as listed. The parts always "
        "add up.",
    ),
    epilog=both(
        "  jindu target split 990101001 visits --key households --effective 2024-07 --reason 按户数 --by 办公室"
        " --dry-run --home /data/jindu",
        "  jindu --lang en target split 990101001 visits --key households --effective 2024-07 --reason 'by households'"
        " --by office --dry-run --home /data/jindu",
    ),
)
@click.argument("unit", metavar="UNIT")
@click.argument("indicator", metavar="INDICATOR")
@option("--key", "口径。", "The key.", type=click.Choice(SPLIT_KEYS), required=True)
@option(
    "--part",
    "一个单位的目标，写成 代码=数值；有几个写几次。",
    "A unit's part, as CODE=VALUE; repeat it for each.",
    multiple=True,
)
@option(
    "--effective",
    "从哪个月起分解；缺省从头。",
    "The month from which it is handed down. Default: from the start.",
    default=None,
)
@reason_option
@by_option
@recorded_option
@older_recorded_option
@dry_option
@year_option
@home_option
@reference_option
@language_option
@click.pass_obj
def split(  # noqa: PLR0913  (an argument per option)
    speech: Speech,
    unit: str,
    indicator: str,
    *,
    key: str,
    part: tuple[str, ...],
    effective: str | None,
    reason: str,
    by: str,
    at: str | None,
    recorded_at: str | None,
    dry_run: bool,
    year: int | None,
    home: Path | None,
    reference: Path | None,
) -> int:
    """The parts, and then the line in the journal."""
    here, moment = home_folder(home), _moment(at or recorded_at)
    check_said(by, reason, moment)
    target = importlib.import_module("jindu.target")  # DuckDB and the models
    with deciding(here), _desk(here, reference, moment) as desk:
        subject = desk.subject(unit, indicator, year)
        before = desk.standing(subject)
        month = _month(effective, "--effective") if effective else None
        rows = target.split(desk, before, key, _parts(part, subject, desk), month)
        after = desk.standing(subject, rows)
        target.refuse_idle(before, after, rows)
        page = Page(speech)
        page.heading(after)
        page.handed_down(after, rows)
        page.parts(after, before, key)
        return _record(here, rows, reason, by, moment, dry_run, speech)


class Page:
    """What goes to the terminal: tables that hold in 80 columns."""

    def __init__(self, speech: Speech) -> None:
        self._speech = speech
        self._console = Console(highlight=False, markup=False)

    def heading(self, standing: "Standing") -> None:
        """Whose target, of what, for which year, and whether it is invented."""
        subject, say = standing.subject, self._speech.say
        indicator = subject.indicator
        unit = subject.unit["name"]
        mark = say("（示例）", " (sample)") if standing.is_sample else ""
        name = say(indicator["name_zh"], indicator["name_en"] or indicator["name_zh"])
        measure = "" if indicator["kind"] in ("ratio", "growth", "milestone") else indicator["unit"]
        self._line(
            say(
                f"{unit} · {name}{f'（{measure}）' if measure else ''} · {subject.plan_year} 年目标{mark}",
                f"{unit} · {name}{f' ({measure})' if measure else ''} · target of {subject.plan_year}{mark}",
            )
        )

    def versions(self, standing: "Standing", unpublished: set[int]) -> None:
        """One line per version, then why there is more than one."""
        say, lang = self._speech.say, self._speech.lang
        rows, remarks = [], []
        for version in standing.versions:
            number, phasing = version["target_version"], version["phasing_used"] or version["phasing"]
            key = version["split_key"]
            rows.append(
                [
                    str(number) + ("*" if number in unpublished else ""),
                    self._amount(version["target_value"], standing.subject),
                    f"{version['effective_month']:%Y-%m}" if version["effective_month"] else say("从头", "start"),
                    f"{version['due_month']:%Y-%m}",
                    word("target", "target_form", version["target_form"], lang),
                    word("target", "target_basis", version["basis"], lang),
                    word("target", "phasing", phasing, lang),
                    word("target", "split_key", key, lang) if key else "—",
                ]
            )
            if phasing != version["phasing"]:
                wanted = word("target", "phasing", version["phasing"], lang)
                remarks.append(
                    say(
                        f"第 {number} 版定为{wanted}，但没有可用的依据，按月均摊。",
                        f"Version {number} is to be {wanted}, but has nothing to follow: linear.",
                    )
                )
            if version["baseline_value"] is not None:
                base = self._amount(version["baseline_value"], standing.subject)
                remarks.append(say(f"第 {number} 版从基数 {base} 算起。", f"Version {number} starts from {base}."))
            if version["split_from_code"]:
                above = standing.units[version["split_from_code"]]["name"]
                remarks.append(say(f"由{above}分解下达。", f"A part of the target of {above}."))
            if version["reason"]:
                remarks.append(
                    say(f"第 {number} 版理由：{version['reason']}", f"Version {number}, reason: {version['reason']}")
                )
        heads = say("版 目标 生效 完成 形式 依据 序时 分解", "ver target from due form basis phasing split").split()
        self._table(heads, rows, right={1})
        for remark in dict.fromkeys(remarks):
            self._line(remark)
        if any(row[0].endswith("*") for row in rows):
            self._line(
                say(
                    "* 尚未发布；截至通过之日及以后的 jindu run 计入",
                    "* not published yet: counts in a jindu run as of the day it was adopted or later",
                )
            )

    def months(self, standing: "Standing") -> None:
        """What falls to each month and what is due by it; of a level the level due, of a rate the whole year's."""
        say, subject = self._speech.say, standing.subject
        if _is_whole(standing):
            whole = self._amount(standing.current["target_value"] if standing.versions else None, subject)
            self._console.print()
            self._line(say(f"整体比较：全年 {whole}", f"Compared whole: {whole} for the year"))
            return
        is_level = _is_level(standing)
        places = self._places(standing.months.values(), subject)
        rows = [
            [
                f"{month:%Y-%m}",
                str(due.version),
                *([] if is_level else [self._amount(due.amount, subject, places)]),
                self._amount(due.due, subject, places),
                say("含撤并单位的目标", "with what was inherited") if due.is_inherited else "",
            ]
            for month, due in standing.months.items()
        ]
        if is_level:
            heads = say("月份 版 应达到", "month ver level-due").split()
        else:
            heads = say("月份 版 当月应完成 累计应完成", "month ver this-month by-now").split()
        self._table([*heads, ""], rows, right={2} if is_level else {2, 3})

    def handed_down(self, after: "Standing", rows: "Sequence[Row]") -> None:
        """Under which number and from which month on each version is handed down, and by what."""
        say, subject = self._speech.say, after.subject
        for row in rows:
            if row["org_unit_code"] != subject.unit["code"]:
                continue
            number, value = row["version"], self._amount(row["value"], subject)
            key = word("target", "split_key", row["split_key"], self._speech.lang)
            begins = row["effective_month"] or row["first_month"]
            self._line(
                say(
                    f"第 {number} 版 {value}，{begins:%Y-%m} 起分解：{key}",
                    f"version {number}: {value}, handed down from {begins:%Y-%m} on: {key}",
                )
            )

    def change(self, before: "Standing", after: "Standing", row: "Row") -> None:
        """The same before and after, per month and per unit below."""
        say, subject = self._speech.say, after.subject
        old = before.version_in(row["effective_month"])
        new = next(version for version in after.versions if version["target_version"] == row["version"])
        was, is_now = self._amount(old["target_value"], subject), self._amount(new["target_value"], subject)
        self._line(
            say(
                f"第 {old['target_version']} 版 {was} → 第 {new['target_version']} 版 {is_now}，"
                f"{new['effective_month']:%Y-%m} 起",
                f"version {old['target_version']}: {was} → version {new['target_version']}: {is_now}, "
                f"from {new['effective_month']:%Y-%m} on",
            )
        )
        for later in before.versions_after(row["effective_month"]):
            number, begins = later["target_version"], later["effective_month"] or later["first_month"]
            stays = self._amount(later["target_value"], subject)
            self._line(
                say(
                    f"第 {number} 版 {stays}，{begins:%Y-%m} 起接着生效，不变",
                    f"version {number}: {stays}, speaks on from {begins:%Y-%m}, unchanged",
                )
            )
        if _is_whole(before) and _is_whole(after):
            self._console.print()
            self._line(say(f"整体比较：全年 {was} → {is_now}", f"Compared whole: {was} → {is_now} for the year"))
            self.parts(after, before)
            return
        is_level = _is_level(after)
        rows, places = [], self._places([*before.months.values(), *after.months.values()], subject)
        for month, due in after.months.items():
            was_due = before.months.get(month)
            rows.append(
                [
                    f"{month:%Y-%m}",
                    *([] if is_level else [self._amount(was_due.amount, subject, places) if was_due else "—"]),
                    *([] if is_level else [self._amount(due.amount, subject, places)]),
                    self._amount(was_due.due, subject, places) if was_due else "—",
                    self._amount(due.due, subject, places),
                    "" if was_due and (was_due.amount, was_due.due) == (due.amount, due.due) else "←",
                ]
            )
        if is_level:
            heads = say("月份 原应达到 新应达到", "month level-was level-is").split()
        else:
            heads = say("月份 原当月 新当月 原累计 新累计", "month was is by-now-was by-now-is").split()
        self._table([*heads, ""], rows, right=set(range(1, len(heads))))
        self.parts(after, before)

    def parts(self, standing: "Standing", before: "Standing | None" = None, key: str | None = None) -> None:
        """What each unit below has; beside what it had, and the key that it is split by."""
        if not standing.parts:
            return
        say, subject = self._speech.say, standing.subject
        had = {part.unit["code"]: part.value for part in before.parts} if before else {}
        is_counted = key in ("households", "population")
        heads = [say("单位", "unit")]
        if is_counted:
            heads.append(say({"households": "户数", "population": "人口"}[str(key)], str(key)))
        heads += [say("原目标", "was")] if had else []
        heads.append(say("目标", "target"))
        rows = []
        for part in standing.parts:
            cells = [part.unit["short_name"]]
            cells += [f"{part.unit[key]:,}"] if is_counted and key else []
            cells += [self._amount(had.get(part.unit["code"]), subject)] if had else []
            rows.append([*cells, self._amount(part.value, subject)])
        if subject.indicator["kind"] in ("flow", "stock"):
            total = [say("合计", "total"), *[""] * (len(heads) - 2)]
            if had:
                total[-1] = self._amount(sum(had.values(), Decimal(0)), subject)
            rows.append([*total, self._amount(sum((part.value for part in standing.parts), Decimal(0)), subject)])
        self._table(heads, rows, right=set(range(1, len(heads))))

    def _amount(self, value: Decimal | Fraction | None, subject: "Subject", places: int = 0) -> str:
        """A value with the decimals that it needs, at least `places`, at most two; a rate and progress as percent."""
        if value is None:
            return "—"
        exact = _shown(value, subject)
        places = max(places, _decimals(exact))
        steps = abs(exact) * 10**places
        whole = (2 * steps.numerator + steps.denominator) // (2 * steps.denominator)
        text = f"{Decimal(whole if exact >= 0 else -whole).scaleb(-places):,f}"
        return f"{text}%" if _is_share(subject) else text

    def _places(self, months: "Iterable[MonthDue]", subject: "Subject") -> int:
        """The decimals of a whole table."""
        return max((_decimals(_shown(value, subject)) for due in months for value in (due.amount, due.due)), default=0)

    def _table(self, heads: Cells, rows: Iterable[Cells], right: set[int]) -> None:
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
        for place, head in enumerate(heads):
            table.add_column(head.replace("-", " "), justify="right" if place in right else "left", no_wrap=True)
        for row in rows:
            table.add_row(*row)
        self._console.print()
        self._console.print(table)

    def _line(self, text: str) -> None:
        self._console.print(text, soft_wrap=False)


def _is_whole(standing: "Standing") -> bool:
    """Whether every month is compared with the target of the year."""
    return bool(standing.months) and all(due.is_whole for due in standing.months.values())


def _is_level(standing: "Standing") -> bool:
    """Whether it is counted from a baseline, so that a level is due and no amount."""
    return any(due.is_level for due in standing.months.values())


def _is_share(subject: "Subject") -> bool:
    return subject.indicator["kind"] in ("ratio", "growth", "milestone")


def _shown(value: Decimal | Fraction, subject: "Subject") -> Fraction:
    return Fraction(value) * (100 if _is_share(subject) else 1)


def _decimals(value: Fraction) -> int:
    """The decimals that a number needs, two at most."""
    return next((places for places in range(PLACES) if (value * 10**places).denominator == 1), PLACES)


def _desk(home: Home, reference: Path | None, moment: datetime) -> "TargetDesk":
    desk: TargetDesk = importlib.import_module("jindu.target").TargetDesk(
        home, reference_folder(reference, home), moment
    )
    return desk


def _record(  # noqa: PLR0913, PLR0917  (what a decision needs)
    home: Home,
    rows: list[dict[str, Any]],
    reason: str,
    by: str,
    moment: datetime,
    dry_run: bool,
    speech: Speech,
    doubts: Sequence[str] = (),
) -> int:
    for doubt in doubts:
        click.echo(speech.say(f"注意：{doubt}", f"Note: {doubt}"), err=True)
    if dry_run:
        click.echo(speech.say("试算，没有记下。", "A trial: nothing was recorded."))
        return NEEDS_PERSON if doubts else DONE
    payload = importlib.import_module("jindu.target").payload(rows)
    decision = record(home, KIND, by=by, reason=reason, payload=payload, recorded_at=moment)
    click.echo(
        speech.say(
            f"已记下决定 {decision.decision_id}。\n"
            f"截至 {moment:%Y-%m-%d} 及以后的 jindu run 计入，截至更早日期的看不到。",
            f"Recorded as decision {decision.decision_id}.\n"
            f"A jindu run as of {moment:%Y-%m-%d} or later counts it; one as of an earlier day does not.",
        )
    )
    return DONE


def _remarks(home: Home, desk: "TargetDesk", speech: Speech) -> int:
    """What somebody has to look at: decisions that do not count."""
    torn, unfit = torn_journals(home), desk.unfit()
    for file in torn:
        click.echo(
            speech.say(
                f"注意：{file} 末尾有一条没有写完整，未计入；请重新执行那条命令。",
                f"Note: {file} ends in a decision that was not written whole and does not count: give it again.",
            ),
            err=True,
        )
    for file in strange_files(home):
        click.echo(
            speech.say(
                f"注意：{file} 不是决定文件，没有读；请移到别处。",
                f"Note: {file} is no file of decisions and was not read; move it away.",
            ),
            err=True,
        )
    for decision_id, code in unfit:
        click.echo(
            speech.say(
                f"注意：决定 {decision_id} 不再适用（{code}）。", f"Note: decision {decision_id} fits no more ({code})."
            ),
            err=True,
        )
    return NEEDS_PERSON if torn or unfit or strange_files(home) else DONE


def _moment(text: str | None) -> datetime:
    """When a decision was taken."""
    try:
        return parse_as_of(text)
    except JinduError as error:
        raise JinduError(
            f"--at 的“{text}”不是日期，请写成 2024-07-10。",
            f"--at {text!r} is no day; write it as 2024-07-10.",
        ) from error


def _month(text: str, name: str) -> date:
    month = parse_month(text)
    if month is None:
        raise JinduError(
            f"{name} 的“{text}”不是月份，请写成 2024-07。", f"{name} {text!r} is no month; write it as 2024-07."
        )
    return month


def _value(text: str | None, subject: "Subject", desk: "TargetDesk") -> Decimal | None:
    """A value as typed, read as a cell of a workbook is: 1,700, １７００, 3000万元, or 95% of a rate."""
    if text is None:
        return None
    reading = parse(text)
    if reading.state != "number" or reading.value is None or reading.qualifier:
        raise JinduError(
            f"“{text}”不是数值：请写成 120、1,700 或 0.95。", f"{text!r} is no value: write 120, 1,700 or 0.95."
        )
    is_share, measure = _is_share(subject), subject.indicator["unit"]
    factor: Fraction | None = Fraction(1)
    if reading.unit == "%":
        factor = factor if is_share else None
    elif reading.unit:
        factor = None if is_share else desk.factor(subject, reading.unit)
    if factor is None:
        hint_zh = "它是比率，请写成 95% 或 0.95" if is_share else f"它以{measure}计，请写成 1,700"
        hint_en = "it is a rate, write 95% or 0.95" if is_share else f"it is counted in {measure}, write 1,700"
        raise JinduError(
            f"“{text}”的单位不合这个指标：{hint_zh}。", f"{text!r} is in no unit of this indicator: {hint_en}."
        )
    exact = Fraction(reading.value) * factor
    value = Decimal(exact.numerator) / Decimal(exact.denominator)
    if value != exact or value != round(value, LONGEST) or abs(value) >= LARGEST:
        raise JinduError(
            f"“{text}”写不下：小数最多 {LONGEST} 位，绝对值小于 1 万亿。",
            f"{text!r} does not fit: {LONGEST} decimals at most, and below 10^12.",
        )
    return value


def _parts(texts: tuple[str, ...], subject: "Subject", desk: "TargetDesk") -> dict[str, Decimal]:
    parts: dict[str, Decimal] = {}
    for text in texts:
        code, sign, value = text.partition("=")
        number = _value(value, subject, desk) if sign else None
        if number is None or code.strip() in parts:
            raise JinduError(
                f"--part 的“{text}”应写成 代码=数值，每个单位一次。",
                f"--part {text!r} should be CODE=VALUE, once for each unit.",
            )
        parts[code.strip()] = number
    return parts
