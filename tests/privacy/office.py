"""An office with things planted in it that must not leave: names, notes, an ID card, and restricted values under 3.

The district has one sub-district of four communities. Of each restricted family one community has a value under 3;
whatever hides with it is a five-digit number that stands nowhere else, and so are the numbers that may be shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import accumulate
from os import utime
from pathlib import Path

from openpyxl import load_workbook

from jindu.settings import OFFICE_TIMEZONE, Home
from jindu.workbooks.form import FormHeading, FormRow, write_form

AS_OF = "2024-06-10T02:00"  # May's report of one community is to come
PARENT = "350599001"
UNITS = {"350599001001": "甲", "350599001002": "乙", "350599001003": "丙", "350599001004": "丁"}
EAST, WEST, SOUTH, NORTH = UNITS
MONTHS = [date(2024, month, 1) for month in range(1, 6)]
SILENT = (NORTH, MONTHS[-1])  # its report has not come

FILLED_BY, APPROVED_BY = "示例填报人暗记", "示例审核人暗记"
NOTE, CORRECTION_REASON = "示例备注暗记：家属来访后说明情况", "示例更正暗记：原表漏填一户"
IDENTITY_CARD = "999999199001010018"  # of no place
PLANTED_TEXTS = ("暗记", "家属来访", "漏填一户", IDENTITY_CARD)

# names where no name is due: their own unit reads them in its receipt, and nobody else anywhere
STRAY_TEXTS = ("暗一", "暗二", "暗三", "暗四", "暗五", "暗六", "暗七", "暗八", "暗九", "anshi", "13812345678")
HEADINGS = "form,sender_code,report_month,org_unit_code,indicator_code,unit,month_value,ytd_value"
STRAY_FILES = {  # by folder and file name
    (EAST, "月报_2024-05示例暗一.csv"): (
        f"月报,{EAST},2024-05,{EAST},visit,次,示例暗二请假未统计,7（示例暗二说的）",
        f"月报,{EAST},2024-05,{EAST},spending,暗三电话13812345678,12,13",
        f"月报,{EAST},2024-05,{EAST},示例暗四补,次,1,1",
        f"月报,{EAST},2024-05,示例暗五家,visit,次,1,1",
    ),
    (EAST, "li_anshi_2024-05.csv"): (f"示例暗六的表,{EAST},2024-05,{EAST},visit,次,1,1",),
    (EAST, "13812345678.csv"): (f"月报,{EAST},示例暗七,{EAST},visit,次,1,1",),
    (EAST, "再报.csv"): (
        f"月报,{EAST},2024-05,{EAST},visit,次,1,1",
        f"月报,示例暗六”“处,2024-05,{EAST},visit,次,1,1",
    ),
    (EAST, "又报.csv"): (f"月报,示例暗七处,2024-05,{EAST},visit,次,1,1",),
    (EAST, "示例暗一\n说的.csv"): ("a,b", "1,3"),
    ("示例暗八夹", "月报.csv"): (f"月报,{EAST},2024-05,{EAST},visit,次,1,1",),
}
STRAY_DAY = 8  # of June
STRAY_SHEET = "示例暗九"

TABLES = {
    "org_unit": """
        code,name,short_name,level,parent_code,households
        350599,示例区,示例区,district,,
        350599001,示例街道,示例街道,subdistrict,350599,
        350599001001,甲社区,甲,community,350599001,300
        350599001002,乙社区,乙,community,350599001,500
        350599001003,丙社区,丙,community,350599001,900
        350599001004,丁社区,丁,community,350599001,200
    """,
    "theme": """
        code,name_zh
        service,服务
    """,
    "indicator": """
        code,name_zh,kind,unit,direction,reporting_level,source_form,theme,decimals,numerator_code,denominator_code,ranking_metric,publicity
        visit,走访,flow,次,higher,community,monthly,service,0,,,pace,public
        spending,经费,flow,元,higher,community,monthly,service,0,,,pace,internal
        allowance,低保户,stock,户,none,community,monthly,service,0,,,none,restricted
        allowance_new,低保新增户,flow,户,none,community,monthly,service,0,,,none,restricted
        allowance_cancelled,低保注销户,flow,户,none,community,monthly,service,0,,,none,restricted
        corrected,在册对象,stock,人,none,community,monthly,service,0,,,none,restricted
        corrected_file,档案齐全对象,stock,人,none,community,monthly,service,0,,,none,restricted
        corrected_ratio,档案齐全率,ratio,%,higher,community,monthly,service,4,corrected_file,corrected,level,restricted
        help,帮教,flow,人次,higher,community,monthly,service,0,,,per_thousand_households,restricted
        talk,帮教谈话,flow,人次,higher,community,monthly,service,0,,,pace,restricted
        reoffending,重新犯罪,flow,人,lower,community,monthly,service,0,,,none,restricted
        housed,安置户,stock,户,lower,community,care,service,0,,,none,restricted
        relapse,复发,flow,人次,higher,community,care,service,0,,,none,restricted
        orphan,孤儿,stock,人,none,subdistrict,street,service,0,,,none,restricted
    """,
    "identity": """
        total_code,added_code,removed_code
        allowance,allowance_new,allowance_cancelled
    """,
    "form": """
        code,name_zh,level,first_month
        monthly,月报,community,2024-01
        street,街道月报,subdistrict,2024-01
        care,救助月报,community,2023-01
    """,
    "form_indicator": """
        form_code,indicator_code,cells_required
        monthly,visit,both
        monthly,spending,both
        monthly,allowance,month
        monthly,allowance_new,both
        monthly,allowance_cancelled,both
        monthly,corrected,month
        monthly,corrected_file,month
        monthly,help,both
        monthly,talk,both
        monthly,reoffending,both
        care,housed,month
        care,relapse,month
        street,orphan,month
    """,
    "target": """
        plan_year,org_unit_code,indicator_code,target_form,value,baseline_value,phasing,basis,split_key,recorded_at
        2024,350599001,visit,at_least,1200,,linear,office,households,2024-01-02
        2024,350599001,spending,at_least,400000,,linear,office,equal,2024-01-02
        2024,350599001,corrected_ratio,at_least,1,,none,office,equal,2024-01-02
        2024,350599001,help,at_least,180000,,linear,office,equal,2024-01-02
        2024,350599001,talk,at_least,480,,linear,office,equal,2024-01-02
        2024,350599001,reoffending,at_most,0,,linear,office,equal,2024-01-02
        2024,350599001001,housed,reduce_from_baseline,1,8,linear,carried,,2024-01-02
        2024,350599001002,housed,reduce_from_baseline,1,2,linear,carried,,2024-01-02
        2024,350599001003,housed,reduce_from_baseline,1,9,linear,carried,,2024-01-02
        2024,350599001004,housed,reduce_from_baseline,1,7,linear,carried,,2024-01-02
        2024,350599001001,relapse,at_least,120,,seasonal,office,,2024-01-02
        2024,350599001002,relapse,at_least,120,,seasonal,office,,2024-01-02
        2024,350599001003,relapse,at_least,120,,seasonal,office,,2024-01-02
        2024,350599001004,relapse,at_least,120,,seasonal,office,,2024-01-02
    """,
    "recipient": """
        name,channel,scope,content,language
        示例信箱,JINDU_PRIVACY_MAIL,,full,zh
        示例机器人,JINDU_PRIVACY_ROBOT,,summary,zh
        示例机器人英文,JINDU_PRIVACY_ROBOT,,,en
        示例文件,,,full,zh
    """,
}

# indicator → community → the five months' values; written with gaps for people: 61_203 is 61203
RESTRICTED: dict[str, dict[str, tuple[int, ...]]] = {
    # one household came to EAST: its level, and the level of SOUTH that hides with it, would say so
    "allowance": {
        EAST: (71_011, 71_012, 71_012, 71_012, 71_012),
        WEST: (61_021, 61_024, 61_028, 61_033, 61_036),
        SOUTH: (71_031, 71_034, 71_038, 71_043, 71_046),
        NORTH: (61_041, 61_044, 61_048, 61_053, 61_056),
    },
    "allowance_new": {EAST: (0, 1, 0, 0, 0), WEST: (9, 7, 8, 9, 7), SOUTH: (9, 7, 8, 9, 7), NORTH: (9, 7, 8, 9, 7)},
    "allowance_cancelled": {
        EAST: (0, 0, 0, 0, 0),
        WEST: (4, 4, 4, 4, 4),
        SOUTH: (4, 4, 4, 4, 4),
        NORTH: (4, 4, 4, 4, 4),
    },
    # WEST alone is small; what SOUTH has beside it is a secret too, EAST and NORTH are open
    "corrected": {EAST: (61_101,) * 5, WEST: (2, 2, 1, 1, 2), SOUTH: (71_131,) * 5, NORTH: (61_141,) * 5},
    "corrected_file": {EAST: (61_101,) * 5, WEST: (1, 2, 1, 1, 1), SOUTH: (71_131,) * 5, NORTH: (61_141,) * 5},
    "help": {
        EAST: (15_201, 15_207, 15_213, 15_219, 15_227),
        WEST: (15_231, 15_237, 15_243, 15_249, 15_253),
        SOUTH: (17_261, 17_267, 17_273, 17_279, 17_283),
        NORTH: (2, 1, 0, 2, 1),
    },
    # small everywhere in some month: nothing of a community is shown
    "talk": {EAST: (1, 2, 9, 8, 2), WEST: (2, 9, 9, 1, 9), SOUTH: (9, 9, 2, 9, 0), NORTH: (2, 2, 2, 2, 2)},
    "reoffending": {EAST: (0, 0, 0, 0, 0), WEST: (0, 1, 0, 0, 1), SOUTH: (0, 0, 0, 1, 0), NORTH: (0, 0, 2, 0, 0)},
}
# two years of another form: targets start from last December's level, and follow the shape of last year
CARE_MONTHS = [date(2023 + number // 12, number % 12 + 1, 1) for number in range(17)]
CARE: dict[str, dict[str, tuple[int, ...]]] = {
    "housed": {EAST: (8,) * 17, WEST: (5,) * 11 + (2,) * 6, SOUTH: (9,) * 17, NORTH: (7,) * 17},
    "relapse": {
        EAST: (5, 6, 7) * 5 + (5, 6), WEST: (5, 6, 0) * 5 + (5, 6),
        SOUTH: (9, 8, 7) * 5 + (9, 8), NORTH: (4, 5, 6) * 5 + (4, 5),
    },
}  # fmt: skip
HIDDEN_NUMBERS = {  # five digits each: found in what left the home, they can be nothing else
    *(str(value) for value in (*RESTRICTED["allowance"][EAST], *RESTRICTED["allowance"][SOUTH])),
    *(str(value) for value in RESTRICTED["corrected"][SOUTH]),
    *(str(value) for value in (*RESTRICTED["help"][SOUTH], *accumulate(RESTRICTED["help"][SOUTH]))),
}
SHOWN_NUMBERS = {
    *(str(value) for value in RESTRICTED["corrected"][EAST]),
    *(str(value) for value in RESTRICTED["help"][EAST]),
}


@dataclass(frozen=True)
class Planted:
    """A restricted value under 3 of one community: what nobody outside may be able to tell."""

    org_unit_code: str
    indicator_code: str
    report_month: date
    value: int


def small_values() -> Iterator[Planted]:
    """Every planted one that was reported."""
    for indicator, by_unit in RESTRICTED.items():
        for unit, values in by_unit.items():
            for month, value in zip(MONTHS, values, strict=True):
                if value < 3 and (unit, month) != SILENT:  # domain.md, Indicators: under 3
                    yield Planted(unit, indicator, month, value)


def small_care() -> Iterator[Planted]:
    """The same of the form of two years."""
    for indicator, by_unit in CARE.items():
        for unit, values in by_unit.items():
            for month, value in zip(CARE_MONTHS, values, strict=True):
                if value < 3:
                    yield Planted(unit, indicator, month, value)


def write_office(folder: Path) -> None:
    """The reference folder of the office."""
    folder.mkdir(parents=True)
    for name, table in TABLES.items():
        lines = [line.strip() for line in table.strip().splitlines()]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def fill_inbox(home: Home) -> None:
    """Five months of workbooks on time, a late correction, an identity card in a note, and names in all places."""
    for month in MONTHS:
        for unit in UNITS:
            if (unit, month) != SILENT:
                _send(home, unit, month, day=3)
        _send_street(home, month)
    for at, month in enumerate(CARE_MONTHS):
        for unit in UNITS:
            _send_care(home, unit, month, at)
    _send(home, WEST, MONTHS[1], day=25, name="更正", correction_reason=CORRECTION_REASON, extra_visits=1)
    _send(home, EAST, MONTHS[3], day=4, name="误填", note=f"{NOTE}，{IDENTITY_CARD}")
    _send(home, EAST, MONTHS[3], day=5, name="改正")
    for (folder, name), rows in STRAY_FILES.items():
        path = home.inbox / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([HEADINGS, *rows]) + "\n", encoding="utf-8")
        _date(path, MONTHS[-1], STRAY_DAY)
    _name_sheet(_send(home, WEST, MONTHS[-1], STRAY_DAY, name="再报", extra_visits=-21))


def _name_sheet(path: Path) -> None:
    """A name for the sheet that the values stand on."""
    sent = path.stat().st_mtime
    workbook = load_workbook(path)
    assert workbook.active is not None
    workbook.active.title = STRAY_SHEET
    workbook.save(path)
    utime(path, (sent, sent))


def _send(home: Home, unit: str, month: date, day: int, name: str = "", **more: str | int) -> Path:
    rows = [_row(unit, "visit", month, 20 + int(more.get("extra_visits", 0)), str(more.get("note", NOTE)))]
    rows.append(_row(unit, "spending", month, 8000 + month.month))
    rows += [_row(unit, code, month, by_unit[unit][month.month - 1]) for code, by_unit in RESTRICTED.items()]
    heading = _heading(("monthly", "月报"), unit, f"{UNITS[unit]}社区", month, str(more.get("correction_reason", "")))
    return _write(home, heading, rows, day, name)


def _send_street(home: Home, month: date) -> None:
    _write(home, _heading(("street", "街道月报"), PARENT, "示例街道", month), [_row(PARENT, "orphan", month, 1)], 3, "")


def _send_care(home: Home, unit: str, month: date, at: int) -> None:
    lines = [f"救助月报,{unit},{month:%Y-%m},{unit},{code},,{by_unit[unit][at]}," for code, by_unit in CARE.items()]
    path = home.inbox / unit / f"救助月报_{month:%Y-%m}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADINGS, *lines]) + "\n", encoding="utf-8")
    _date(path, month, 3)


def _heading(form: tuple[str, str], unit: str, unit_name: str, month: date, reason: str = "") -> FormHeading:
    code, name = form
    return FormHeading(
        code,
        name,
        f"{name}（示例）",
        unit,
        unit_name,
        month,
        filled_by=FILLED_BY,
        approved_by=APPROVED_BY,
        correction_reason=reason,
    )


def _row(unit: str, indicator: str, month: date, value: int, note: str = NOTE) -> FormRow:
    lines = [line.strip().split(",") for line in TABLES["indicator"].strip().splitlines()]
    described = next(dict(zip(lines[0], line, strict=True)) for line in lines if line[0] == indicator)
    total = None
    if described["kind"] == "flow":
        series = RESTRICTED.get(indicator, {}).get(unit)
        months = range(month.month)
        total = Decimal(sum(series[: month.month]) if series else sum(_public(indicator, number) for number in months))
        total += value - (series[month.month - 1] if series else _public(indicator, month.month - 1))
    return FormRow(
        indicator, described["name_zh"], described["unit"], unit, unit,
        month_value=Decimal(value), ytd_value=total, note=note,
    )  # fmt: skip


def _public(indicator: str, months_before: int) -> int:
    return 20 if indicator == "visit" else 8001 + months_before


def _write(home: Home, heading: FormHeading, rows: list[FormRow], day: int, name: str) -> Path:
    month = heading.report_month
    folder = home.inbox / heading.sender_code
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{heading.form_name}_{month:%Y-%m}{name}.xlsx"
    write_form(path, heading, rows)
    _date(path, month, day)
    return path


def _date(path: Path, month: date, day: int) -> None:
    """Sent on that day of the month after."""
    sent = datetime(month.year + month.month // 12, month.month % 12 + 1, day, 9, tzinfo=OFFICE_TIMEZONE).timestamp()
    utime(path, (sent, sent))
