"""What must hold of a reference folder as a whole: keys, references, and the rules that span its files."""

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from jindu.catalogue.column import TYPES, Value
from jindu.catalogue.problem import Problem, Row, Rows, shown
from jindu.catalogue.tables import ALERT_KINDS, CODE_LENGTH, COLUMNS, LEVEL_WORDS, LEVELS, REFERENCE_TABLES, SETTINGS

COMPONENT_KINDS = ("flow", "stock")  # domain.md, Indicators: a ratio is made of flows and stocks, a growth of a flow
LARGEST_SHARE = 1_000_000  # a million times as much is no ratio or growth that anybody aims at
HINT_AMONG = 1_000  # codes that a mistyped one is compared with: it is slow


def duplicates(rows: Rows) -> Iterator[Problem]:
    """Rows that repeat another row's key."""
    for table in REFERENCE_TABLES.values():
        first: dict[tuple[Value, ...], Row] = {}
        for row in rows[table.name]:
            key = tuple(row[column] for column in table.key)
            if any(row[column] is None and not COLUMNS[table.name, column].blank for column in table.key):
                continue  # reported as a cell already
            earlier = first.setdefault(key, row)
            if earlier is row:
                continue
            label = " ".join(shown(row[column], COLUMNS[table.name, column])[1].strip("“”") for column in table.key)
            if table.name == "indicator" and row["source_form"] != earlier["source_form"]:
                yield row.problem(
                    "source_form",
                    (
                        f"“{label}”有两个来源报表，第 {earlier.line} 行已有",
                        f"a second source of “{label}” (line {earlier.line})",
                    ),
                    ("一个指标只有一个来源", "one source for one indicator"),
                )
            else:
                yield row.problem(
                    ", ".join(table.key),
                    (f"“{label}”与第 {earlier.line} 行重复", f"“{label}” as in line {earlier.line}"),
                    ("不重复的值", "a value that no other line has"),
                )


def dangling(rows: Rows, unreadable: set[str]) -> Iterator[Problem]:
    """Cells that name something which no file defines."""
    for table in REFERENCE_TABLES.values():
        for column in table.columns:
            if not column.references:
                continue
            target, target_column = column.references.split(".")
            if target in unreadable:
                continue  # one problem is enough
            known = {row[target_column] for row in rows[target]}
            for row in rows[table.name]:
                value = row.text(column.name)
                if value and value not in known:
                    near = difflib.get_close_matches(value, _alike(value, known), 1)
                    hint_zh, hint_en = (f"，是否为“{near[0]}”", f", perhaps “{near[0]}”") if near else ("", "")
                    yield row.wrong(
                        column.name,
                        f" {target}.csv 里的 {target_column}{hint_zh}",
                        f"a {target_column} of {target}.csv{hint_en}",
                    )


def unofficial(rows: Rows) -> Iterator[Problem]:
    """Units whose code has not as many digits as their level's; it need not begin with the parent's."""
    for row in rows["org_unit"]:
        code, level = row.text("code"), row.text("level")
        if not code or not level:
            continue  # reported as a cell already
        length = CODE_LENGTH[level]
        if not re.fullmatch(rf"[0-9]{{{length}}}", code):
            yield row.wrong(
                "code",
                f" {length} 位数字（{LEVEL_WORDS[level]}的代码，level 列是 {level}）",
                f"{length} digits, the code of a {level} (column level)",
            )


def _alike(value: str, known: set[Value]) -> list[str]:
    """The codes that a mistyped one may have meant: of as many digits, where it is an official code."""
    codes = sorted(str(code) for code in known)
    return [code for code in codes if not value.isdigit() or len(code) == len(value)][:HINT_AMONG]


def complete(rows: Rows) -> None:
    """Fill the blanks whose default depends on their row (domain.md, Names; Targets)."""
    years = [year for row in rows["target"] if isinstance(year := row["plan_year"], int)]
    indicators = _by_code(rows["indicator"])
    for row in rows["form"]:
        if row["first_month"] is None and years:
            row.values["first_month"] = date(min(years), 1, 1)
    for row in rows["indicator"]:
        tree_rule = {"flow": "sum", "stock": "sum", "milestone": "share", "growth": "ratio"}.get(row.text("kind"))
        row.values["tree_rule"] = row["tree_rule"] or tree_rule or ("ratio" if row["numerator_code"] else "none")
    for row in rows["form_indicator"]:
        kind = indicators[row.text("indicator_code")].text("kind")
        cells = {"flow": "both", "ratio": "ytd", "growth": "ytd"}.get(kind, "month")
        row.values["cells_required"] = row["cells_required"] or cells
    covered_to = _covered_to(rows["baseline"])
    for row in rows["target"]:
        year = int(row.number("plan_year") or 0)
        indicator = indicators[row.text("indicator_code")]
        is_amount = indicator.text("kind") in COMPONENT_KINDS
        began = indicator.month("first_month")  # an indicator that begins mid-year is due from then on
        starts = began if began and began.year == year else date(year, 1, 1)
        row.values["first_month"] = row["first_month"] or starts
        # a result of January to November that is kept as a floor is due in November
        carried = covered_to.get((row["org_unit_code"], row["indicator_code"], year - 1))
        last = carried if row["basis"] == "carried" and carried else 12
        row.values["due_month"] = row["due_month"] or date(year, last, 1)
        row.values["effective_month"] = row["effective_month"] or row["first_month"]
        row.values["phasing"] = row["phasing"] or ("linear" if is_amount else "none")


def _covered_to(baselines: list[Row]) -> dict[tuple[Value, ...], int]:
    """The last month that a unit's result of an indicator and year covers."""
    ends = sorted(
        (end, row["org_unit_code"], row["indicator_code"]) for row in baselines if (end := row.month("period_to"))
    )
    return {(unit, indicator, end.year): end.month for end, unit, indicator in ends}


def _by_code(rows: list[Row]) -> dict[str, Row]:
    return {row.text("code"): row for row in rows}


def _org_tree(rows: Rows) -> Iterator[Problem]:
    """Every unit hangs below a unit of a higher level, so that no chain of parents comes back to its start."""
    units = _by_code(rows["org_unit"])
    for row in rows["org_unit"]:
        if not row["parent_code"]:
            continue
        chain, above = [row.text("code")], row.text("parent_code")
        while above and above not in chain:
            chain.append(above)
            above = units[above].text("parent_code")
        parent = units[row.text("parent_code")]
        if above:
            chain_text = " → ".join([*chain, above])
            yield row.problem(
                "parent_code",
                (f"循环：{chain_text}", f"a cycle: {chain_text}"),
                ("不循环的上级", "a parent without a cycle"),
            )
        elif LEVELS.index(parent.text("level")) >= LEVELS.index(row.text("level")):
            yield row.wrong("parent_code", "级别更高的单位", "a unit of a higher level")


def _org_validity(rows: Rows) -> Iterator[Problem]:
    for row in rows["org_unit"]:
        start, end = row.month("valid_from"), row.month("valid_to")
        if start and end and end < start:
            yield row.wrong("valid_to", f" {start:%Y-%m} 或更晚", f"{start:%Y-%m} or later")
        if row["successor_code"] and not end:
            yield row.wrong(
                "valid_to", "最后月份，因为写了 successor_code", "the last month, because there is a successor_code"
            )
        if row["successor_code"] == row["code"]:
            yield row.wrong("successor_code", "另一个单位", "another unit")


def _successors(rows: Rows) -> Iterator[Problem]:
    """Who takes over is of the same level, and there in the month after the unit's last: nothing waits for its heir."""
    units = _by_code(rows["org_unit"])
    for row in rows["org_unit"]:
        end = row.month("valid_to")
        if not row["successor_code"] or not end:
            continue  # without an end reported already
        successor = units[row.text("successor_code")]
        if successor["level"] != row["level"]:
            yield row.wrong(
                "successor_code", f"同级单位（{row['level']}）", f"a unit of the same level ({row['level']})"
            )
        start, next_month = successor.month("valid_from"), date(end.year + end.month // 12, end.month % 12 + 1, 1)
        if start and start > next_month:
            yield row.wrong(
                "successor_code",
                f" {next_month:%Y-%m} 或更早设立的单位（它从 {start:%Y-%m} 起才有）",
                f"a unit founded in {next_month:%Y-%m} or earlier (it begins in {start:%Y-%m})",
            )


def _components(rows: Rows) -> Iterator[Problem]:
    """A ratio has both components or none, a growth the flow that it is of, the other kinds neither."""
    indicators = _by_code(rows["indicator"])
    for row in rows["indicator"]:
        kind = row.text("kind")
        pair = [column for column in ("numerator_code", "denominator_code") if row[column]]
        if kind == "ratio" and len(pair) == 1:
            blank = "denominator_code" if pair == ["numerator_code"] else "numerator_code"
            yield row.wrong(blank, "分母和分子都填，或都不填", "both components of a ratio, or neither")
        elif kind == "growth" and not row["numerator_code"]:
            yield row.wrong("numerator_code", "计算增幅的累计型指标", "the flow that the growth is of")
        allowed = {"ratio": ["numerator_code", "denominator_code"], "growth": ["numerator_code"]}.get(kind, [])
        for column in pair:
            component = indicators[row.text(column)]
            kinds = COMPONENT_KINDS if kind == "ratio" else ("flow",)
            if column not in allowed:
                yield row.wrong(column, f"空白，因为类型是 {kind}", f"a blank, because the kind is {kind}")
            elif component.text("kind") not in kinds:
                yield row.wrong(column, f" {' 或 '.join(kinds)} 类指标", f"an indicator of kind {' or '.join(kinds)}")
            elif component["reporting_level"] != row["reporting_level"]:
                yield row.wrong(column, "同一 reporting_level 的指标", "an indicator of the same reporting_level")


def _indicator_ranges(rows: Rows) -> Iterator[Problem]:
    for row in rows["indicator"]:
        for low, high in (("minimum", "maximum"), ("behind_at", "at_risk_at"), ("at_risk_at", "on_pace_at")):
            lowest, highest = row.number(low), row.number(high)
            if lowest is not None and highest is not None and highest < lowest:
                yield row.wrong(high, f"不小于 {low}（{lowest}）", f"no less than {low} ({lowest})")
        if not 0 <= (row.number("decimals") or 0) <= 6:
            yield row.wrong("decimals", " 0 至 6", "0 to 6")
        if (row.number("weight") or 0) < 0:
            yield row.wrong("weight", " 0 或更大", "0 or more")
        if row["direction"] == "none" and row["ranking_metric"] != "none":
            yield row.wrong("ranking_metric", " none，因为 direction 是 none", "none, because direction is none")


def _form_days(rows: Rows) -> Iterator[Problem]:
    for row in rows["form"]:
        due, lock = row.number("due_day") or 0, row.number("lock_day") or 0
        if not 1 <= due <= 28:
            yield row.wrong("due_day", " 1 至 28", "1 to 28")
        if not due <= lock <= 28:
            yield row.wrong("lock_day", f" {due} 至 28", f"{due} to 28")
    for row in rows["form_calendar"]:
        due_on, lock_on = row.month("due_on"), row.month("lock_on")
        if due_on and lock_on and lock_on < due_on:
            yield row.wrong("lock_on", f" {due_on} 或更晚", f"{due_on} or later")


def _form_versions(rows: Rows) -> Iterator[Problem]:
    """A form whose versions are listed lists the one in use, and no two of them begin in the same month."""
    listed: dict[str, dict[date | None, Row]] = defaultdict(dict)
    for row in rows["form_version"]:
        start, end = row.month("first_month"), row.month("last_month")
        earlier = listed[row.text("form_code")].setdefault(start, row)
        if earlier is not row:
            yield row.wrong(
                "first_month",
                f"没有别的版本开始的月份（第 {earlier.line} 行已是这个月）",
                f"a month in which no other version begins (line {earlier.line} has this one)",
            )
        if start and end and end < start:
            yield row.wrong("last_month", f" {start:%Y-%m} 或更晚", f"{start:%Y-%m} or later")
    versions: dict[str, list[str]] = defaultdict(list)
    for row in rows["form_version"]:
        versions[row.text("form_code")].append(row.text("template_version"))
    for row in rows["form"]:
        known = versions.get(row.text("code"), [])
        if known and row["template_version"] not in known:
            yield row.wrong(
                "template_version",
                f" form_version.csv 里该报表的版本之一：{'、'.join(known)}",
                f"one of the form's versions in form_version.csv: {', '.join(known)}",
            )


def _sources(rows: Rows) -> Iterator[Problem]:
    """An indicator's form is sent from its own level or above, and asks every cell once."""
    forms, units = _by_code(rows["form"]), _by_code(rows["org_unit"])
    for row in rows["indicator"]:
        sender_level = forms[row.text("source_form")].text("level")
        if LEVELS.index(sender_level) > LEVELS.index(row.text("reporting_level")):
            yield row.wrong(
                "source_form",
                f"由 {row['reporting_level']} 或更高级别填报的报表",
                f"a form sent by {row['reporting_level']} units or above",
            )
    asked: dict[tuple[str, str], dict[str, Row]] = defaultdict(dict)
    for row in rows["form_indicator"]:
        asked[row.text("form_code"), row.text("indicator_code")][row.text("org_unit_code")] = row
    for rows_of_pair in asked.values():
        for unit, row in rows_of_pair.items():
            above = [*_units_above(unit, units), ""] if unit else []
            for wider in above:
                if wider in rows_of_pair:
                    line = rows_of_pair[wider].line
                    yield row.wrong(
                        "org_unit_code",
                        f"不在第 {line} 行范围内的单位",
                        f"a unit outside what line {line} already asks",
                    )


def _units_above(code: str, units: dict[str, Row]) -> list[str]:
    above, parent = [], units[code].text("parent_code")
    while parent and parent not in above:
        above.append(parent)
        parent = units[parent].text("parent_code")
    return above


def _target_forms(rows: Rows) -> Iterator[Problem]:
    """A target fits its indicator's kind and direction."""
    indicators = _by_code(rows["indicator"])
    for row in rows["target"]:
        indicator, value, base = (
            indicators[row.text("indicator_code")],
            row.number("value"),
            row.number("baseline_value"),
        )
        if indicator["direction"] == "none":
            yield row.wrong(
                "indicator_code",
                "有方向的指标（该指标 direction 为 none）",
                "an indicator with a direction (its direction is none)",
            )
        if (indicator["kind"] == "milestone") != (row["target_form"] == "by_date"):
            expected = "by_date" if indicator["kind"] == "milestone" else "at_least, at_most, reduce_from_baseline"
            yield row.wrong(
                "target_form",
                f" {expected}（该指标类型为 {indicator['kind']}）",
                f"{expected} (its kind is {indicator['kind']})",
            )
        elif row["target_form"] == "by_date" and value != 1:
            yield row.wrong("value", " 1（节点完成）", "1, the milestone finished")
        if indicator["kind"] in ("ratio", "growth"):
            for column, share in (("value", value), ("baseline_value", base)):
                if share is not None and abs(share) >= LARGEST_SHARE:
                    yield row.wrong(column, " 0–1 这样的比率（95% 写成 0.95）", "a share such as 0.95 for 95 %")
        if row["target_form"] == "reduce_from_baseline" and base is None:
            yield row.wrong("baseline_value", "下降的起点", "the level to reduce from")
        elif row["target_form"] == "reduce_from_baseline" and value is not None and base is not None and base < value:
            yield row.wrong("baseline_value", f"不小于 value（{value}）", f"no less than value ({value})")


def _target_levels(rows: Rows) -> Iterator[Problem]:
    """A unit below the reporting level never has a value to compare."""
    units, indicators = _by_code(rows["org_unit"]), _by_code(rows["indicator"])
    for row in rows["target"]:
        level = indicators[row.text("indicator_code")].text("reporting_level")
        if LEVELS.index(units[row.text("org_unit_code")].text("level")) > LEVELS.index(level):
            yield row.wrong("org_unit_code", f" {level} 或更高级别的单位", f"a unit of level {level} or above")


def _target_months(rows: Rows) -> Iterator[Problem]:
    guided = {
        tuple(row[column] for column in ("plan_year", "org_unit_code", "indicator_code")) for row in rows["phasing"]
    }
    for row in rows["target"]:
        first, due, effective = row.month("first_month"), row.month("due_month"), row.month("effective_month")
        assert first and due and effective  # filled in by complete()
        for column, month in (("first_month", first), ("due_month", due)):
            if month.year != row["plan_year"]:
                yield row.wrong(column, f" {row['plan_year']} 年的月份", f"a month of {row['plan_year']}")
        if due < first:
            yield row.wrong("due_month", f" {first:%Y-%m} 或更晚", f"{first:%Y-%m} or later")
        if not first <= effective <= due:
            yield row.wrong("effective_month", f" {first:%Y-%m} 至 {due:%Y-%m}", f"{first:%Y-%m} to {due:%Y-%m}")
        if (
            row["phasing"] == "guidance"
            and (row["plan_year"], row["org_unit_code"], row["indicator_code"]) not in guided
        ):
            yield row.wrong(
                "phasing", " phasing.csv 里有指导数时才能用 guidance", "guided values in phasing.csv for guidance"
            )


def _splits(rows: Rows) -> Iterator[Problem]:
    """A split names its key once: computed parts are not listed, explicit parts are, and they add up."""
    units, indicators = _by_code(rows["org_unit"]), _by_code(rows["indicator"])
    children: dict[Value, list[Row]] = defaultdict(list)
    for unit in rows["org_unit"]:
        children[unit["parent_code"]].append(unit)
    parts: dict[tuple[Value, ...], list[Row]] = defaultdict(list)
    for row in rows["target"]:
        parts[row["plan_year"], row["indicator_code"], units[row.text("org_unit_code")]["parent_code"]].append(row)
    for row in rows["target"]:
        key = row.text("split_key")
        if not key:
            continue
        listed = [
            part
            for part in parts[row["plan_year"], row["indicator_code"], row["org_unit_code"]]
            if part["version"] == row["version"]
        ]
        indicator, below = indicators[row.text("indicator_code")], children[row["org_unit_code"]]
        kind, level = indicator.text("kind"), units[row.text("org_unit_code")]["level"]
        if not below or level == indicator["reporting_level"]:
            yield row.wrong(
                "split_key", f"空白，因为没有比 {level} 更低的数", f"a blank, because no {level} has parts here"
            )
        elif key != "explicit" and listed:
            yield row.wrong(
                "split_key",
                f"空白或 explicit，因为下级目标已经列出（第 {listed[0].line} 行）",
                f"a blank or explicit, because parts are listed (line {listed[0].line})",
            )
        elif key == "explicit" and kind in COMPONENT_KINDS and (listed or not _was_split(row, rows["target"])):
            yield from _explicit_parts(row, listed)
        elif key in ("households", "population"):
            yield from (
                child.wrong(
                    key,
                    f"数字，因为有目标按它分解（target.csv 第 {row.line} 行）",
                    f"a number to split by ({row.line})",
                )
                for child in below
                if child[key] is None
            )


def _was_split(row: Row, targets: list[Row]) -> bool:
    """Whether an earlier version was split: one without a list of its own keeps those proportions."""
    same = ("plan_year", "org_unit_code", "indicator_code")
    return any(
        other["split_key"]
        and all(other[column] == row[column] for column in same)
        and (other.number("version") or 0) < (row.number("version") or 0)
        for other in targets
    )


def _explicit_parts(row: Row, listed: list[Row]) -> Iterator[Problem]:
    total = sum((part.number("value") or Decimal(0) for part in listed), Decimal(0))
    if total != row.number("value"):
        yield row.wrong(
            "value",
            f"下级目标之和 {total}（{len(listed)} 个下级）",
            f"the sum of its parts, {total} of {len(listed)} units",
        )


def _baselines(rows: Rows) -> Iterator[Problem]:
    indicators, families = _by_code(rows["indicator"]), {row.text("unit"): row["family"] for row in rows["unit"]}
    for row in rows["baseline"]:
        start, end = row.month("period_from"), row.month("period_to")
        if start and end and end < start:
            yield row.wrong("period_to", f" {start:%Y-%m} 或更晚", f"{start:%Y-%m} or later")
        if row["value"] is None and row["published_rank"] is None:
            yield row.wrong("value", "数字（只有公布位次时才可空白）", "a number (blank only beside a published rank)")
        own, unit = indicators[row.text("indicator_code")].text("unit"), row.text("unit")
        if unit != own and (unit not in families or families.get(own) != families[unit]):
            yield row.wrong("unit", f" {own}，或能与它换算的单位", f"{own}, or a unit that converts into it")


def _identities(rows: Rows) -> Iterator[Problem]:
    indicators = _by_code(rows["indicator"])
    for row in rows["identity"]:
        total = indicators[row.text("total_code")]
        if total["kind"] != "stock":
            yield row.wrong("total_code", " stock 类指标", "an indicator of kind stock")
        if not row["added_code"] and not row["removed_code"]:
            yield row.wrong("added_code", "增加或减少的累计型指标", "a flow that adds, or one that removes")
        for column in ("added_code", "removed_code"):
            flow = indicators.get(row.text(column))
            if flow and (flow["kind"] != "flow" or flow["source_form"] != total["source_form"]):
                yield row.wrong(
                    column, f"同一报表的 flow 类指标（{total['source_form']}）", f"a flow of {total['source_form']}"
                )


def _headings(rows: Rows) -> Iterator[Problem]:
    """A heading means one field, however it is spelled."""
    first: dict[str, Row] = {}
    for row in rows["heading"]:
        spelling = re.sub(r"\s", "", unicodedata.normalize("NFKC", row.text("heading")))
        earlier = first.setdefault(spelling, row)
        if earlier["field"] != row["field"]:
            yield row.wrong(
                "heading",
                f"只有一个含义（第 {earlier.line} 行已是 {earlier['field']}）",
                f"one meaning (line {earlier.line})",
            )


def _settings(rows: Rows) -> Iterator[Problem]:
    codes = {row["code"] for row in rows["org_unit"]}
    for row in rows["setting"]:
        kind = TYPES[SETTINGS[row.text("key")]]
        try:
            kind.parse(row.text("value"))
        except ValueError:
            yield row.wrong("value", kind.expected_zh, kind.expected_en)
            continue
        if row["key"] == "bulletin_day" and not 0 <= int(row.text("value")) <= 28:
            yield row.wrong("value", " 1 至 28 的整数，或 0（不自动写）", "1 to 28, or 0 for never")
        if row["key"] == "office_code" and row["value"] not in codes:
            yield row.wrong("value", " org_unit.csv 里的 code", "a code of org_unit.csv")
    for row in rows["unit"]:
        if (row.number("factor") or 0) <= 0:
            yield row.wrong("factor", "大于 0 的数字", "a number above 0")


def _alerting(rows: Rows) -> Iterator[Problem]:
    """Quiet hours have a beginning and an end; every kind of alert is listed; departments own something."""
    for row in rows["recipient"]:
        start, end = row["quiet_from"], row["quiet_to"]
        if (start is None) != (end is None):
            column = "quiet_from" if start is None else "quiet_to"
            yield row.wrong(
                column,
                "时刻（quiet_from 和 quiet_to 要填都填）",
                "a time, as the other of quiet_from and quiet_to is given",
            )
        elif start is not None and start == end:
            yield row.wrong("quiet_to", "另一个时刻（不能全天不发）", "another time than quiet_from")
    owners = {row["owner"] for row in rows["indicator"]} | {unit["name"] for unit in rows["org_unit"]}
    for row in rows["route"]:
        if row["department"] is not None and row["department"] not in owners:
            yield row.wrong(
                "department", " indicator.csv 的 owner 之一", "one of the departments in column owner of indicator.csv"
            )
    listed = {row["kind"] for row in rows["alert_kind"]}
    lacking = [kind for kind in ALERT_KINDS if kind not in listed]
    if rows["alert_kind"] and lacking:
        yield rows["alert_kind"][-1].problem(
            "kind",
            (f"缺少 {'、'.join(lacking)}", f"no {', '.join(lacking)}"),
            ("十种各一行", "a row for each of the ten kinds"),
        )
    for row in rows["alert_kind"]:
        days = row.number("escalate_after_days")
        if days is not None and days < 1:
            yield row.wrong("escalate_after_days", " 1 或更大的整数，或空白", "1 or more, or a blank")


RULES = (
    _org_tree,
    _org_validity,
    _successors,
    _components,
    _indicator_ranges,
    _form_days,
    _form_versions,
    _sources,
    _target_forms,
    _target_levels,
    _target_months,
    _splits,
    _baselines,
    _identities,
    _headings,
    _settings,
    _alerting,
)
