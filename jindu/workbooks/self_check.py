"""The formulas of a form's 自检 column: the gate's rules on single rows, said while the clerk is typing.

Only functions that Excel 2010, WPS and LibreOffice share; no macro. Which rule is how bad is decided by
expectations/incoming.yml; the texts here are shorter, because they must fit beside the row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

MUST, ASK = "【必改】", "【核对】"  # critical: sent back whole; warning: held until the note explains it
PENDING, OPTIONAL, UNKNOWN_YET, FINE = "待填", "选填", "暂缺", "√"
EXPLAINED = f"{FINE} 已说明"
NOT_ASKED = f"{FINE} 不适用"
NA_NAME, UNEXPLAINED_NAME = "不适用写法", "无效说明"  # named ranges of the hidden sheet of lists
MONTH, YTD, PRIOR, FINISHED = "本月数", "本年累计", "上年同期累计", "完成日期"
SLIPS = (4, 8)  # powers of ten between 元, 万元 and 亿元 (check.magnitude_step)
SLIP_TOLERANCE = 0.5  # the same: half a power of ten
FIRST_DAY, LAST_DAY = 36526, 73050  # 2000-01-01 and 2099-12-31 as a spreadsheet counts days (numbers.YEARS)
IMPOSSIBLE_SIZE = 10**12  # no figure is as large: sql/macros.sql, impossible_size()
PUNCTUATION = "。，、！；,.! "  # left out before a note is compared with those that explain nothing

Rule = tuple[str, str]  # a condition and the text that is shown when it holds, both as formulas


@dataclass(frozen=True)
class Part:
    """The cells of another row that this row is compared with."""

    name: str
    kind: str
    month: str
    ytd: str


@dataclass(frozen=True)
class CheckedRow:
    """One row of the table: what is asked, what is known, and where its cells are (A1; "" where none is to fill)."""

    kind: str
    decimals: int
    cells_required: str
    is_required: bool
    minimum: Decimal | None
    maximum: Decimal | None
    month: str
    ytd: str
    prior: str
    finished: str
    note: str
    previous: str  # the cell of last month's cumulative or level; "" where it is not known
    previous_level: str  # the same for a level, only where it is that of the very month before
    month_end: int  # the report month's last day, as a spreadsheet counts days
    usual_month_value: Decimal | None = None
    usual_ytd_value: Decimal | None = None  # of one month
    month_number: int = 1
    unit: str = ""
    wholes: tuple[Part, ...] = ()  # what this row is a part of
    added: tuple[str, ...] = ()  # month cells of what adds to this level, and of what takes from it
    removed: tuple[str, ...] = ()


def check_formula(row: CheckedRow) -> str:
    """The formula of one row's cell: the first rule that holds speaks."""
    explained = _is_explained(row.note)
    warnings = _warnings(row)
    rules: list[Rule] = [*_critical(row), (_is_unanswered(row), _pending(row, explained))]
    rules += [(f"AND({condition},NOT({explained}))", text) for condition, text in warnings]
    rules += [(_any([condition for condition, _ in warnings]), _text(EXPLAINED))] if warnings else []
    rules += [(_any([_is_na(cell) for cell in _asked(row)]), _text(NOT_ASKED))]
    if row.finished and row.month:
        rules.append((f"AND(N({row.month})=1,{_is_blank(row.finished)})", _text(f"{FINE} 已完成的请填{FINISHED}")))
    formula = _text(FINE)
    for condition, text in reversed(rules):
        formula = f"IF({condition},{text},{formula})"
    return f"={formula}"


def first_message(row: CheckedRow, is_filled: bool) -> str:
    """What the formula says of the row as it is sent out."""
    if is_filled:
        return FINE
    return PENDING if row.is_required else OPTIONAL


def summary_formula(asked_count: int, month: str, ytd: str, asked: str, messages: str) -> str:
    """The line above the table; the arguments are ranges of whole columns of it."""
    filled = f"COUNT({month})+COUNT({ytd})+SUMPRODUCT(COUNTIF({month},{NA_NAME}))+SUMPRODUCT(COUNTIF({ytd},{NA_NAME}))"
    # a row that may be answered in either cell is one cell asked
    twice = f'SUMPRODUCT((LEFT({asked},6)="either")*(LEN(TRIM({month}))>0)*(LEN(TRIM({ytd}))>0))'
    counts = [f"SUMPRODUCT(--(LEFT({messages},{len(mark)})={_text(mark)}))" for mark in (MUST, ASK)]
    return f'="已填 "&({filled}-{twice})&" / 应填 {asked_count} 格，必改 "&{counts[0]}&" 处，"&{counts[1]}&" 处待核对"'


def first_summary(filled_count: int, asked_count: int) -> str:
    """The same line of the form as it is sent out."""
    return f"已填 {filled_count} / 应填 {asked_count} 格，必改 0 处，0 处待核对"


def allowed_formula(row: CheckedRow, cell: str, heading: str) -> str:
    """What may be typed into a number cell: the gate's critical rules on the cell alone, or 不适用."""
    conditions = [f"ISNUMBER({cell})"]
    if _is_whole(row):
        conditions.append(f"ROUND(N({cell}),0)=N({cell})")
    if _is_never_negative(row) and not (heading == MONTH and _has_corrections(row)):
        conditions.append(f"N({cell})>=0")
    if row.kind in ("ratio", "milestone"):
        low, high = _share_bounds(row)
        conditions += [f"N({cell})>={low}", f"N({cell})<={high}"]
    else:
        conditions.append(f"ABS(N({cell}))<{IMPOSSIBLE_SIZE}")
    return f"=OR({_is_na(cell)},AND({','.join(conditions)}))"


def _is_written_number(cell: str) -> str:
    """Whether a text says a plain number, in digits of either width, as numbers.parse reads it."""
    plain = f"ASC(TRIM({cell}))"
    return f'IFERROR(VALUE({plain})&""={plain},FALSE)'


def _critical(row: CheckedRow) -> list[Rule]:
    number_cells = [(row.month, MONTH), (row.ytd, YTD), (row.prior, PRIOR)]
    filled = [(cell, heading) for cell, heading in number_cells if cell]
    rules = [
        (
            f"NOT(OR({_is_blank(cell)},ISNUMBER({cell}),{_is_na(cell)},{_is_written_number(cell)}))",
            _text(f"{MUST}{heading}不是数字，请填数字或“不适用”"),
        )
        for cell, heading in filled
    ]
    # read as the number that it says; here it calculates nothing, so no rule below would be right about it
    rules += [
        (f"AND(ISTEXT({cell}),{_is_written_number(cell)})", _text(f"{FINE} {heading}是文字格式的数，可读"))
        for cell, heading in filled
    ]
    if row.finished:
        day = row.finished
        rules.append(
            (
                f"NOT(OR({_is_blank(day)},AND(ISNUMBER({day}),N({day})>={FIRST_DAY},N({day})<={LAST_DAY})))",
                _text(f"{MUST}{FINISHED}不是日期，请写成 2024-07-05 这样"),
            )
        )
    for cell, heading in filled:
        if row.kind not in ("ratio", "milestone"):
            told = _text(f"{MUST}{heading}不可能有这么大，请看看填了什么")
            rules.append((f"ABS(N({cell}))>={IMPOSSIBLE_SIZE}", told))
        if _is_whole(row):
            rules.append((f"N({cell})<>ROUND(N({cell}),0)", _text(f"{MUST}{heading}应为整数，现为 ") + f"&{cell}"))
        if _is_never_negative(row):
            negative = f"N({cell})<0"
            if heading == MONTH and _has_corrections(row):
                # a month's correction may be negative beside a cumulative that is not
                negative = f"AND({negative},NOT(AND(ISNUMBER({row.ytd}),N({row.ytd})>=0)))"
            rules.append((negative, _text(f"{MUST}{heading}不能是负数")))
        if row.kind in ("ratio", "milestone"):
            low, high = _share_bounds(row)
            condition = f"AND(ISNUMBER({cell}),OR(N({cell})<{low},N({cell})>{high}))"
            rules.append((condition, _text(f"{MUST}{heading}应在 {_percent(low)}–{_percent(high)} 之间")))
    rules += _slips(row)
    return rules + [rule for whole in row.wholes for rule in _excess(row, whole)]


def _slips(row: CheckedRow) -> list[Rule]:
    rules = []
    for cell, heading, usual, months in (
        (row.month, MONTH, row.usual_month_value, 1),
        (row.ytd, YTD, row.usual_ytd_value, row.month_number if row.kind == "flow" else 1),
    ):
        if cell and usual:
            size = f"ABS(N({cell}))"
            bands = [
                f"AND({size}>={_number(level * 10**-SLIP_TOLERANCE)},{size}<={_number(level * 10**SLIP_TOLERANCE)})"
                for power in (*SLIPS, *(-slip for slip in SLIPS))
                if (level := float(usual) * months * 10.0**power)
            ]
            told = f"{MUST}{heading}与以往（约 {_short(usual * months)} {row.unit}）差万倍或亿倍，请核对单位"
            rules.append((_any(bands), _text(told)))
    return rules


def _excess(row: CheckedRow, whole: Part) -> list[Rule]:
    """A part over its whole, cell by cell as check.component_pair pairs them."""
    pairs = [(row.month, MONTH, whole.month, MONTH)] if row.kind == whole.kind else []
    if row.kind == "flow" and whole.kind == "flow":
        pairs.append((row.ytd, YTD, whole.ytd, YTD))
    elif row.kind == "flow":
        pairs.append((row.ytd, YTD, whole.month, MONTH))
    elif whole.kind == "flow":
        pairs.append((row.month, MONTH, whole.ytd, YTD))
    return [
        (
            f"AND(ISNUMBER({part}),ISNUMBER({total}),N({part})>N({total}))",
            f'"{MUST}{heading}大于“{_quoted(whole.name)}”的{total_heading} "&{_shown(f"N({total})", row)}',
        )
        for part, heading, total, total_heading in pairs
        if part and total
    ]


def _warnings(row: CheckedRow) -> list[Rule]:
    rules = []
    cells = [cell for cell in (row.month, row.ytd, row.prior) if cell]
    if row.kind in ("flow", "stock") and row.decimals and cells:
        surplus = [f"ROUND(ABS(N({cell})-ROUND(N({cell}),{row.decimals})),6)>0" for cell in cells]
        rules.append((_any(surplus), _text(f"{ASK}最多 {row.decimals} 位小数，请四舍五入，确需更多位请备注原因")))
    if row.kind in ("flow", "stock") and row.month and (row.minimum is not None or row.maximum is not None):
        bounds = []
        if row.minimum is not None:
            bounds.append(f"N({row.month})<{_number(row.minimum)}")
        if row.maximum is not None:
            bounds.append(f"N({row.month})>{_number(row.maximum)}")
        value = f"OR(N({row.month})>=0,{'TRUE' if (row.minimum or 0) < 0 else 'FALSE'})"
        usual = " ".join(
            sign + _number(bound) for sign, bound in (("≥", row.minimum), ("≤", row.maximum)) if bound is not None
        )
        rules.append(
            (
                f"AND(ISNUMBER({row.month}),{value},{_any(bounds)})",
                _text(f"{ASK}{MONTH}通常 {usual}，属实请在备注说明"),
            )
        )
    if row.kind == "flow" and row.ytd and row.previous:
        ytd, previous, month = f"N({row.ytd})", f"N({row.previous})", row.month
        is_known = f"ISNUMBER({row.ytd})"
        rules.append(
            (
                f"AND({is_known},ROUND({ytd}-{previous},6)<0)",
                f'"{ASK}{YTD}比上月累计 "&{_shown(previous, row)}&" 还少，属实请在备注说明"',
            )
        )
        if month:
            rules.append(
                (
                    f"AND({is_known},ISNUMBER({month}),"
                    f"ROUND(ABS({ytd}-{previous}-N({month})),6)>{_number(_rounding(row))})",
                    f'"{ASK}{YTD}应为 "&{_shown(f"{previous}+N({month})", row)}&"（上月＋本月），属实请备注原因"',
                )
            )
    if row.previous_level and row.month and (row.added or row.removed):
        moved = "".join([*(f"+N({cell})" for cell in row.added), *(f"-N({cell})" for cell in row.removed)])
        expected = f"N({row.previous_level}){moved}"
        known = ",".join(f"ISNUMBER({cell})" for cell in (row.month, *row.added, *row.removed))
        rules.append(
            (
                f"AND({known},ROUND(ABS(N({row.month})-({expected})),6)>{_number(_rounding(row))})",
                f'"{ASK}{MONTH}应为 "&{_shown(expected, row)}&"（上月＋新增－减少），属实请备注原因"',
            )
        )
    if row.finished:
        condition = f"AND(ISNUMBER({row.finished}),N({row.finished})>{row.month_end})"
        rules.append((condition, _text(f"{ASK}{FINISHED}晚于报告期末，请到完成的那个月再填")))
    return rules


def _is_unanswered(row: CheckedRow) -> str:
    """What check.expected_row calls blank: either cell will do, unless the form wants both of a flow."""
    asked = _asked(row)
    blank = [_is_blank(cell) for cell in asked]
    if row.kind == "flow" and row.cells_required == "both":
        return f"AND({_any(blank)},NOT({_any([_is_na(cell) for cell in asked])}))"
    if row.finished:
        blank.append(_is_blank(row.finished))
    return f"AND({','.join(blank)})"


def _pending(row: CheckedRow, explained: str) -> str:
    if not row.is_required:
        return _text(OPTIONAL)
    text = _text(PENDING)
    if row.kind == "flow" and row.cells_required == "both":
        month, ytd = row.month, row.ytd
        ytd_missing, month_missing = _text(f"{PENDING} {YTD}"), _text(f"{PENDING} {MONTH}")
        if row.previous:
            sum_shown = _shown(f"N({row.previous})+N({month})", row)
            step_shown = _shown(f"N({ytd})-N({row.previous})", row)
            ytd_missing = f'IF(ISNUMBER({month}),"{PENDING} {YTD}，应为 "&{sum_shown},{ytd_missing})'
            month_missing = f'IF(ISNUMBER({ytd}),"{PENDING} {MONTH}，应为 "&{step_shown},{month_missing})'
        text = f"IF({_is_blank(month)},IF({_is_blank(ytd)},{text},{month_missing}),{ytd_missing})"
    return f"IF({explained},{_text(f'{UNKNOWN_YET}（已说明）')},{text})"


def _asked(row: CheckedRow) -> list[str]:
    return [cell for cell in (row.month, row.ytd) if cell]


def _is_explained(note: str) -> str:
    words = f"TRIM({note})"
    for mark in PUNCTUATION:
        words = f'SUBSTITUTE({words},"{mark}","")'
    return f"AND(LEN({words})>0,SUMPRODUCT(--({UNEXPLAINED_NAME}={words}))=0)"


def _is_blank(cell: str) -> str:
    return f"LEN(TRIM({cell}))=0"


def _is_na(cell: str) -> str:
    return f"SUMPRODUCT(--({NA_NAME}=TRIM({cell})))>0"


def _any(conditions: Sequence[str]) -> str:
    return conditions[0] if len(conditions) == 1 else f"OR({','.join(conditions)})"


def _is_whole(row: CheckedRow) -> bool:
    return row.kind in ("flow", "stock") and row.decimals == 0


def _is_never_negative(row: CheckedRow) -> bool:
    return row.kind in ("flow", "stock") and (row.minimum or 0) >= 0


def _has_corrections(row: CheckedRow) -> bool:
    return row.kind == "flow" and bool(row.ytd)


def _share_bounds(row: CheckedRow) -> tuple[str, str]:
    return _number(row.minimum or 0), _number(1 if row.maximum is None else row.maximum)


def _rounding(row: CheckedRow) -> Decimal:
    """Sums of rounded figures may differ by one in the last place; counts may not (check.sound_reading)."""
    return Decimal(1).scaleb(-row.decimals) if row.decimals else Decimal(0)


def _shown(expression: str, row: CheckedRow) -> str:
    digits = "." + "0" * row.decimals if row.decimals else ""
    return f'TEXT({expression},"0{digits}")'


def _short(value: Decimal) -> str:
    """Three significant digits, without an exponent."""
    rounded = Decimal(f"{value:.3g}")
    return _number(rounded)


def _number(value: Decimal | float) -> str:
    text = format(value if isinstance(value, Decimal) else Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _percent(share: str) -> str:
    return _number(Decimal(share) * 100) + "%"


def _text(words: str) -> str:
    return f'"{_quoted(words)}"'


def _quoted(words: str) -> str:
    return words.replace('"', '""')
