"""Faults planted in the demonstration sample: the honest files of `jindu sample`, with the domain's thirteen families.

One sample of 315 files is too small for 500 faults: with a third of them critical, half of its reports would be
rejected and the others would have no history. So `build` is called once for each of SEEDS, which are five offices with
honest numbers of their own and 100 faults each (COUNTS). The same seed gives the same bytes and modification times.

Sizes come from the issue and domain.md, not from any rule. What the numbers are held to, so that a fault is that fault
and no other one:

- no two faults of the same series, or of series that one identity ties, within GAP months; a fault of a whole
  submission is a fault of all its series
- what a fault is to be seen against is there and sound: a critical fault rejects its file, which is put right the next
  working day in every other case; the others leave a hole in the history, and no warning is planted right behind it
- cumulatives go along with a moved month, and are right again the month after
"""

import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal
from itertools import cycle, islice
from pathlib import Path

from jindu.catalogue import load
from jindu.sample import LAST_MONTH, exemptions
from jindu.sample.arrival import OfficeCalendar
from jindu.sample.asking import Asking, month_before, next_month
from jindu.sample.files import SampleFile, write_file
from jindu.sample.filling import Filling
from jindu.sample.series import Series
from jindu.settings import OFFICE_TIMEZONE, PROJECT_ROOT
from jindu.workbooks.form import FormHeading, FormRow
from tests.bench.faults.world import LEAST_SPREADS, LEAST_UNITS, Fault, World, robust_spread

REFERENCE = PROJECT_ROOT / "warehouse" / "reference"
SEEDS = (1, 2, 3, 4, 5)
COUNTS = {  # of each seed; 25 at least over all seeds, outliers more: their recall is to be told from 0.9
    "identity": 6, "copy": 5, "neighbour_copy": 5, "type": 7, "component": 6, "magnitude": 6, "personal_number": 5,
    "required": 7, "cumulative": 9, "parts_total": 6, "community_sum": 5, "prior_year": 7, "outlier": 26,
}  # fmt: skip
GAP = 3  # months between two faults of one series: so one does not hide the other
MOST_IN_A_FILE = 2  # of the faults of cells: a clerk gets a few wrong, not the whole form

# Outliers: from the six spreads up, half of them below 7.3, none above 20 (a rule that sees only gross errors
# would find those alone): 6 + 14 u³ for an even u.
MOST_SPREADS = 20
CROWDING = 3
LEAST_HISTORY = 4  # months reported before it: the issue asks for rules that work from four points up
SHORT_HISTORY = 8
SHORT_COUNT = 13  # of the outliers of a seed, with 4 to 8 months before them
DOWN_EVERY = 4  # one outlier in so many is below the honest value, and not below 0
FLAT_EVERY = 5  # … and one in a series that never varies: six spreads are nothing there, and five units the size

# A slip takes the row for another unit of money: 万元 for 元 and the other way, or 亿元 for 元.
SLIPS = (Decimal(10) ** 4, Decimal(10) ** -4, Decimal(10) ** 4, Decimal(10) ** 8)
EXACT_BELOW = Decimal(10) ** 13  # a workbook keeps 15 digits of a number

LARGEST_SLIP_OF_PEN = 0.2  # a cumulative, a sum or last year's figure off by one step, or by up to a fifth
UNKNOWN_UNIT = "350502004099"
TEXTS = ("约30", "待定", "见附件", "十几件", "20多", "12/3/4")
STRANGE_UNITS = ("公斤", "平方米", "公里")
SHARES = (Decimal("1.2"), Decimal("85"), Decimal("1.05"))
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # of the check digit, GB 11643-1999
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True)
class Slot:
    """The month's form of one sender."""

    form_code: str
    sender_code: str
    month: date


@dataclass(frozen=True)
class Place:
    """A row of the month's form of one sender."""

    slot: Slot
    subject_code: str
    indicator_code: str


def build(folder: Path, seed: int) -> World:
    """The office of one seed: reference/ and inbox/ in `folder`, and its faults."""
    reference, inbox = folder / "reference", folder / "inbox"
    shutil.copytree(REFERENCE, reference)
    planter = Planter(Asking(load(reference)), seed)
    faults = planter.plant()
    files = planter.files()
    for file in files:
        write_file(inbox, file, {})
    last = max(file.arrived_at for file in files)
    as_of = datetime.combine(last.date() + timedelta(days=1), time(2), OFFICE_TIMEZONE)
    return World(reference, inbox, as_of, faults, planter.honest_cells_count())


class Planter:
    """Plants the faults of one seed, those of whole submissions first, then what rejects a file, then the others."""

    def __init__(self, asking: Asking, seed: int) -> None:
        self._asking, self._seed = asking, seed
        self._series = Series(asking, seed)
        self._filling = Filling(asking, self._series, exemptions(asking, seed))
        self._calendar = OfficeCalendar(asking)
        self._rng = random.Random(f"{seed}:faults")
        self._months = [month for month in asking.all_months if month <= date(asking.plan_year, LAST_MONTH, 1)]
        self._slots = [
            Slot(form_code, sender, month)
            for month in self._months
            for form_code in asking.forms
            for sender in asking.senders(form_code, month)
        ]
        self._honest: dict[Slot, dict[tuple[str, str], FormRow]] = {
            slot: {
                (row.subject_code, row.indicator_code): row
                for row in self._filling.rows(slot.form_code, slot.sender_code, slot.month)
            }
            for slot in self._slots
        }
        self._required = {
            (row["form_code"], row["indicator_code"]) for row in asking.tables["form_indicator"] if row["is_required"]
        }
        self._tie = self._ties()
        self._tied_count = Counter(self._tie.values())
        self._rows: dict[Slot, list[FormRow]] = {}  # as they are written, where that is not as they should be
        self._headings: dict[Slot, FormHeading] = {}
        self._arrivals: dict[Slot, datetime] = {}
        self._whole: dict[tuple[str, str], list[date]] = defaultdict(list)  # form and sender → months
        self._faulted: dict[tuple[str, str, str], list[date]] = defaultdict(list)  # form, subject and tie → months
        self._closed: set[Slot] = set()  # what was copied from: no fault there
        self._cells_count: Counter[Slot] = Counter()
        self._critical: dict[Slot, bool] = {}  # → whether it is put right the next working day
        self._faults: list[Fault] = []

    def plant(self) -> list[Fault]:
        """The faults, by file."""
        kinds: dict[str, Callable[[int], Iterator[Fault]]] = {
            "identity": self._identity,
            "copy": self._copies,
            "neighbour_copy": self._neighbour_copies,
            "type": self._types,
            "component": self._components,
            "magnitude": self._magnitudes,
            "personal_number": self._personal_numbers,
            "community_sum": self._community_sums,
            "parts_total": self._parts_totals,
            "outlier": self._outliers,
            "prior_year": self._prior_years,
            "cumulative": self._cumulatives,
            "required": self._blanks,
        }
        for family, plant in kinds.items():
            planted = list(plant(COUNTS[family]))
            if len(planted) != COUNTS[family]:
                raise ValueError(f"room for {len(planted)} of {COUNTS[family]} faults of {family}, seed {self._seed}")
            self._faults += planted
        return sorted(self._faults, key=lambda fault: (fault.file, fault.indicator_code, fault.field))

    def files(self) -> list[SampleFile]:
        """All files by path: what was sent, and what was put right."""
        found = [self._file(slot) for slot in self._slots]
        found += [self._mended(slot) for slot, is_mended in self._critical.items() if is_mended]
        return sorted(found, key=lambda file: file.inbox_path)

    def honest_cells_count(self) -> int:
        """Numbers written that are as they should be; a file that is not its sender's own has none."""
        count = 0
        for slot, honest in self._honest.items():
            if self._critical.get(slot):
                count += sum(len(_numbers(row)) for row in honest.values())
            if slot in self._headings or slot.month in self._whole[slot.form_code, slot.sender_code]:
                continue
            for row in self._rows.get(slot, honest.values()):
                right = _numbers(honest[row.subject_code, row.indicator_code])
                is_faulty_unit = row.unit != honest[row.subject_code, row.indicator_code].unit
                count += 0 if is_faulty_unit else sum(right.get(field) == v for field, v in _numbers(row).items())
        return count

    def honest_series(self, fault: Fault) -> list[float]:
        """The month values of a faulty cell's series as they should be."""
        slot = next(s for s in self._slots if fault.file == f"{s.sender_code}/{self._name(s)}")
        return [float(v) for v in self._series_of(Place(slot, fault.org_unit_code, fault.indicator_code)).values()]

    # --- files ---

    def _file(self, slot: Slot) -> SampleFile:
        arrived_at = self._arrivals.get(slot) or self._punctual(slot)
        heading = self._headings.get(slot) or self._heading(slot, arrived_at)
        rows = tuple(self._rows.get(slot) or self._honest[slot].values())
        return SampleFile(slot.sender_code, self._name(slot), arrived_at, heading, rows, self._has_ranks(slot))

    def _mended(self, slot: Slot) -> SampleFile:
        sent_at = self._arrivals.get(slot) or self._punctual(slot)
        day = self._calendar.working_day(sent_at.date() + timedelta(days=1))
        arrived_at = self._calendar.moment(day, random.Random(f"{self._seed}:{slot}:mended"))
        heading = self._heading(slot, arrived_at, "示例：更正前次报送的错误")
        rows = tuple(self._honest[slot].values())
        name = self._name(slot, "_更正")
        return SampleFile(slot.sender_code, name, arrived_at, heading, rows, self._has_ranks(slot))

    def _name(self, slot: Slot, suffix: str = "") -> str:
        short_name = self._asking.units[slot.sender_code]["short_name"]
        return f"{slot.form_code}_{short_name}_{slot.month:%Y-%m}{suffix}.xlsx"

    def _heading(self, slot: Slot, arrived_at: datetime, reason: str = "") -> FormHeading:
        return self._filling.heading(slot.form_code, slot.sender_code, slot.month, arrived_at.date(), reason)

    def _has_ranks(self, slot: Slot) -> bool:
        return self._filling.has_ranks(slot.form_code)

    def _punctual(self, slot: Slot) -> datetime:
        rng = random.Random(f"{slot.form_code}:{slot.sender_code}:{slot.month}:{self._seed}")
        return self._calendar.punctual(slot.form_code, slot.month, rng)

    # --- where a fault may be ---

    def _ties(self) -> dict[str, str]:
        """By indicator, the first of those that ratios and identities tie it to."""
        tied = [
            {row["code"], row["numerator_code"], row["denominator_code"]} - {None}
            for row in self._asking.indicators.values()
        ]
        tied += [set(row.values()) - {None} for row in self._asking.tables["identity"]]
        groups = {code: {code} for code in self._asking.indicators}
        for codes in tied:
            merged = set[str]().union(*(groups[code] for code in codes))
            for code in merged:
                groups[code] = merged
        return {code: min(group) for code, group in groups.items()}

    def _is_free(self, place: Place) -> bool:
        """Whether a fault there is away from all others."""
        slot = place.slot
        key = (slot.form_code, place.subject_code, self._tie[place.indicator_code])
        near = [*self._faulted[key], *self._whole[slot.form_code, slot.sender_code]]
        return (
            self._cells_count[slot] < MOST_IN_A_FILE
            and slot not in self._closed
            and all(_months_between(month, slot.month) >= GAP for month in near)
        )

    def _is_free_slot(self, slot: Slot) -> bool:
        """Whether a whole submission may be faulty: no other one of its sender is near. Planted before any cell is."""
        near = self._whole[slot.form_code, slot.sender_code]
        return slot not in self._closed and all(_months_between(month, slot.month) >= GAP for month in near)

    def _stands(self, slot: Slot) -> bool:
        """Whether the month has a report that is not rejected."""
        return slot in self._honest and self._critical.get(slot, True)

    def _before(self, slot: Slot) -> Slot:
        return replace(slot, month=month_before(slot.month))

    def _series_of(self, place: Place) -> dict[date, Decimal]:
        """The honest month values of the row's series."""
        rows = {
            month: self._honest.get(replace(place.slot, month=month), {}).get(
                (place.subject_code, place.indicator_code)
            )
            for month in self._months
        }
        return {m: row.month_value for m, row in rows.items() if row and isinstance(row.month_value, Decimal)}

    def _history_count(self, place: Place, field: str = "month_value") -> int:
        """Months before with a number in a report that stands."""
        count = 0
        for month in self._months:
            slot = replace(place.slot, month=month)
            row = self._honest.get(slot, {}).get((place.subject_code, place.indicator_code))
            if month < place.slot.month and row and self._stands(slot):
                count += isinstance(getattr(row, field), Decimal)
        return count

    def _places(self, fits: Callable[[Place, FormRow], bool]) -> Iterator[Place]:
        """Free rows that fit, in the order of chance; still free when they are taken."""
        found = [Place(slot, subject, code) for slot in self._slots for subject, code in self._honest[slot]]
        self._rng.shuffle(found)
        for place in found:
            if self._is_free(place) and fits(place, self._row(place)):
                yield place

    def _row(self, place: Place) -> FormRow:
        return self._honest[place.slot][place.subject_code, place.indicator_code]

    def _kind(self, code: str) -> str:
        return str(self._asking.indicators[code]["kind"])

    def _is_plain(self, code: str) -> bool:
        """Tied to no other indicator, and on one form."""
        return self._tied_count[self._tie[code]] == 1 and not self._is_on_two_forms(code)

    def _is_on_two_forms(self, code: str) -> bool:
        forms = {r["form_code"] for r in self._asking.tables["form_indicator"] if r["indicator_code"] == code}
        return len(forms) > 1

    # --- writing a fault ---

    def _change(self, family: str, place: Place, rows: Iterable[FormRow], said: dict[str, str]) -> Fault:
        """Put `rows` (none: the row is missing) where the place's row stands, and write it down."""
        slot = place.slot
        standing = self._rows.get(slot) or list(self._honest[slot].values())
        changed: list[FormRow] = []
        for row in standing:
            is_here = (row.subject_code, row.indicator_code) == (place.subject_code, place.indicator_code)
            changed += rows if is_here else [row]
        self._rows[slot] = changed
        self._faulted[slot.form_code, place.subject_code, self._tie[place.indicator_code]].append(slot.month)
        self._cells_count[slot] += 1
        return Fault(
            family=family,
            file=f"{slot.sender_code}/{self._name(slot)}",
            org_unit_code=place.subject_code,
            form_code=slot.form_code,
            report_month=slot.month,
            indicator_code=place.indicator_code,
            **said,
        )

    def _change_field(self, family: str, place: Place, field: str, **values: Decimal | str | None) -> Fault:
        """The row with other values; `field` is the one that is told of."""
        row = self._row(place)
        wrong = replace(row, **values)  # type: ignore[arg-type]  # the fields of a row
        column = f"{field}_value" if field in ("month", "ytd", "prior_ytd") else field
        found, honest = ("" if (value := getattr(one, column)) is None else str(value) for one in (wrong, row))
        return self._change(family, place, [wrong], {"field": field, "found": found, "honest": honest})

    def _reject(self, slot: Slot) -> None:
        """The file will not be accepted; every other one is put right."""
        self._critical.setdefault(slot, len(self._critical) % 2 == 0)

    def _fault_of_file(self, family: str, slot: Slot, found: str, honest: str) -> Fault:
        self._whole[slot.form_code, slot.sender_code].append(slot.month)
        return Fault(
            family=family,
            file=f"{slot.sender_code}/{self._name(slot)}",
            org_unit_code=slot.sender_code,
            form_code=slot.form_code,
            report_month=slot.month,
            found=found,
            honest=honest,
        )

    def _free_slots(self, fits: Callable[[Slot], bool]) -> Iterator[Slot]:
        slots = list(self._slots)
        self._rng.shuffle(slots)
        return (slot for slot in slots if self._is_free_slot(slot) and fits(slot))

    # --- whole submissions ---

    def _identity(self, count: int) -> Iterator[Fault]:
        kinds = (
            self._month_to_come,
            self._other_folder,
            self._twice,
            self._unknown_indicator,
            self._unknown_sender,
            self._year_off,
            self._no_indicator,
            self._unknown_form,
            self._unknown_version,
        )
        slots = self._free_slots(lambda slot: slot.month > self._months[0])
        for kind in islice(cycle(kinds), self._seed * count, (self._seed + 1) * count):
            slot = next(slots)
            self._reject(slot)
            yield kind(slot)

    def _head(self, slot: Slot, **said: object) -> None:
        self._headings[slot] = replace(self._heading(slot, self._punctual(slot)), **said)  # type: ignore[arg-type]

    def _month_to_come(self, slot: Slot) -> Fault:
        claimed = next_month(next_month(slot.month))
        self._head(slot, report_month=claimed)
        return self._fault_of_file("identity", slot, f"{claimed:%Y-%m}", f"{slot.month:%Y-%m}")

    def _year_off(self, slot: Slot) -> Fault:
        claimed = slot.month.replace(year=slot.month.year - 10)
        self._head(slot, report_month=claimed)
        return self._fault_of_file("identity", slot, f"{claimed:%Y-%m}", f"{slot.month:%Y-%m}")

    def _other_folder(self, slot: Slot) -> Fault:
        others = [s for s in self._slots if s.month == slot.month and s.sender_code != slot.sender_code]
        other = self._rng.choice(others)
        self._headings[slot] = self._heading(other, self._punctual(slot))
        self._rows[slot] = list(self._honest[other].values())
        return self._fault_of_file("identity", slot, other.sender_code, slot.sender_code)

    def _unknown_sender(self, slot: Slot) -> Fault:
        self._head(slot, sender_code=UNKNOWN_UNIT, sender_name="示例单位")
        return self._fault_of_file("identity", slot, UNKNOWN_UNIT, slot.sender_code)

    def _unknown_form(self, slot: Slot) -> Fault:
        self._head(slot, form_code="community_weekly", form_name="社区工作周报", title="社区工作周报（示例）")
        return self._fault_of_file("identity", slot, "community_weekly", slot.form_code)

    def _unknown_version(self, slot: Slot) -> Fault:
        honest = self._heading(slot, self._punctual(slot)).template_version
        self._head(slot, template_version="2019.7")
        return self._fault_of_file("identity", slot, "2019.7", honest)

    def _twice(self, slot: Slot) -> Fault:
        rows = list(self._honest[slot].values())
        row = self._rng.choice(rows)
        self._rows[slot] = [*rows, row]
        return self._fault_of_file("identity", slot, f"{row.indicator_code} ×2", row.indicator_code)

    def _unknown_indicator(self, slot: Slot) -> Fault:
        return self._with_stray(slot, "local_work_done", "示例：自行增加的指标")

    def _no_indicator(self, slot: Slot) -> Fault:
        return self._with_stray(slot, "", "示例：没有代码的指标")

    def _with_stray(self, slot: Slot, code: str, name: str) -> Fault:
        rows = list(self._honest[slot].values())
        stray = replace(rows[-1], indicator_code=code, indicator_name=name, month_value=Decimal(1), ytd_value=None)
        self._rows[slot] = [*rows, replace(stray, prior_ytd_value=None, finished_on=None)]
        return self._fault_of_file("identity", slot, code or name, "")

    def _copies(self, count: int) -> Iterator[Fault]:
        """Last month's report, every other time with the cumulatives brought forward."""

        def fits(slot: Slot) -> bool:
            before = self._before(slot)
            return (
                slot.month.month > 1
                and self._stands(before)
                and self._honest[before].keys() == self._honest[slot].keys()
                and self._differs(slot, list(self._honest[before].values()))
            )

        for number, slot in enumerate(islice(self._free_slots(fits), count)):
            before = self._honest[self._before(slot)].values()
            self._rows[slot] = [_brought_forward(row) if number % 2 else row for row in before]
            yield self._fault_of_file("copy", slot, f"{month_before(slot.month):%Y-%m}", f"{slot.month:%Y-%m}")

    def _neighbour_copies(self, count: int) -> Iterator[Fault]:
        """Another community's report of the month, under one's own name, a working day later."""

        def donors(slot: Slot) -> list[Slot]:
            level = self._asking.forms[slot.form_code]["level"]
            return [
                other
                for other in self._slots
                if (other.form_code, other.month) == (slot.form_code, slot.month)
                and other.sender_code != slot.sender_code
                and level == "community"
                and self._is_free_slot(other)
                and self._differs(slot, list(self._taken_over(slot, other)))
            ]

        for slot in islice(self._free_slots(lambda slot: bool(donors(slot))), count):
            donor = self._rng.choice(donors(slot))
            self._closed.add(donor)
            self._rows[slot] = list(self._taken_over(slot, donor))
            day = self._calendar.working_day(self._punctual(donor).date() + timedelta(days=1))
            self._arrivals[slot] = self._calendar.moment(day, self._rng)
            yield self._fault_of_file("neighbour_copy", slot, donor.sender_code, slot.sender_code)

    def _taken_over(self, slot: Slot, donor: Slot) -> Iterator[FormRow]:
        """The slot's rows with the other's figures, as far as that one was asked."""
        for (_, code), row in self._honest[slot].items():
            other = self._honest[donor].get((donor.sender_code, code))
            fields = ("month_value", "ytd_value", "prior_ytd_value", "finished_on")
            yield replace(row, **{field: getattr(other, field) for field in fields}) if other else row

    def _differs(self, slot: Slot, rows: list[FormRow]) -> bool:
        """Whether a good part of the month's figures would be other ones: a copy of what is the same is no fault."""
        honest = self._honest[slot]
        same = [
            row.month_value == honest[row.subject_code, row.indicator_code].month_value
            for row in rows
            if isinstance(row.month_value, Decimal)
        ]
        return len(same) >= 5 and sum(same) < len(same) * 2 / 3  # five figures and more, a third of them wrong

    # --- cells that reject a file ---

    def _types(self, count: int) -> Iterator[Fault]:
        kinds = (self._as_text, self._negative, self._fraction, self._strange_unit, self._above_one)
        for kind in islice(cycle(kinds), self._seed * count, (self._seed + 1) * count):
            yield kind()

    def _rejected(self, place: Place) -> Place:
        self._reject(place.slot)
        return place

    def _as_text(self) -> Fault:
        place = next(self._places(lambda _, row: isinstance(row.month_value, Decimal)))
        return self._change_field("type", self._rejected(place), "month", month_value=self._rng.choice(TEXTS))

    def _negative(self) -> Fault:
        place = next(
            self._places(
                lambda place, row: (
                    isinstance(row.month_value, Decimal)
                    and self._asking.indicators[place.indicator_code]["minimum"] == 0
                    and self._kind(place.indicator_code) in ("flow", "stock")
                    and row.month_value > 0
                )
            )
        )
        row = self._row(self._rejected(place))
        return self._change_field("type", place, "month", **_moved(row, -2 * _number(row.month_value)))

    def _fraction(self) -> Fault:
        place = next(
            self._places(
                lambda place, row: (
                    isinstance(row.month_value, Decimal)
                    and row.decimals == 0
                    and self._kind(place.indicator_code) in ("flow", "stock")
                )
            )
        )
        row = self._row(self._rejected(place))
        return self._change_field("type", place, "month", **_moved(row, Decimal("0.5")))

    def _strange_unit(self) -> Fault:
        place = next(
            self._places(
                lambda place, row: (
                    isinstance(row.month_value, Decimal) and self._kind(place.indicator_code) in ("flow", "stock")
                )
            )
        )
        row, unit = self._row(self._rejected(place)), self._rng.choice(STRANGE_UNITS)
        said = {"field": "", "found": unit, "honest": row.unit}
        return self._change("type", place, [replace(row, unit=unit)], said)

    def _above_one(self) -> Fault:
        place = next(
            self._places(
                lambda place, row: (
                    self._kind(place.indicator_code) == "milestone" and isinstance(row.month_value, Decimal)
                )
            )
        )
        return self._change_field("type", self._rejected(place), "month", month_value=self._rng.choice(SHARES))

    def _components(self, count: int) -> Iterator[Fault]:
        """A numerator above its denominator, in the month and in the year: by one, or up to a fifth."""
        wholes = {
            row["numerator_code"]: row["denominator_code"]
            for row in self._asking.indicators.values()
            if row["kind"] == "ratio" and row["denominator_code"]
        }

        def fits(place: Place, row: FormRow) -> bool:
            whole = wholes.get(place.indicator_code)
            return (
                isinstance(row.month_value, Decimal)
                and not self._is_on_two_forms(place.indicator_code)
                and (place.subject_code, whole) in self._honest[place.slot]
            )

        for _ in range(count):
            place = self._rejected(next(self._places(fits)))
            row = self._row(place)
            whole = self._honest[place.slot][place.subject_code, str(wholes[place.indicator_code])]
            room = max(
                _number(getattr(whole, field)) - _number(getattr(row, field)) for field in ("month_value", "ytd_value")
            )
            beyond = self._slip_of_pen(_number(whole.ytd_value) or _number(whole.month_value), 0)
            yield self._change_field("component", place, "month", **_moved(row, room + beyond))

    def _magnitudes(self, count: int) -> Iterator[Fault]:
        """Money in another unit: the whole row, or the month alone with a cumulative that adds up."""
        money = {row["unit"] for row in self._asking.tables["unit"] if row["family"] == "money"}

        def slipped(row: FormRow, slip: Decimal, number: int) -> dict[str, Decimal]:
            fields = ("month_value", "ytd_value", "prior_ytd_value")
            numbers = {field: v for field in fields if isinstance(v := getattr(row, field), Decimal)}
            if number % 2 and {"month_value", "ytd_value"} <= numbers.keys():
                month = _rounded(numbers["month_value"] * slip, row.decimals)
                return _moved(row, month - numbers["month_value"])
            return {field: _rounded(value * slip, row.decimals) for field, value in numbers.items()}

        for number in range(count):
            slip = SLIPS[(self._seed * count + number) % len(SLIPS)]

            def fits(place: Place, row: FormRow, slip: Decimal = slip, number: int = number) -> bool:
                field = "month_value" if isinstance(row.month_value, Decimal) else "ytd_value"
                value = getattr(row, field)
                if row.unit not in money or not isinstance(value, Decimal) or not value:
                    return False
                changed = slipped(row, slip, number)
                return (
                    self._history_count(place, field) >= LEAST_HISTORY
                    and changed[field] > 0
                    and max(changed.values()) < EXACT_BELOW
                )

            place = self._rejected(next(self._places(fits)))
            row = self._row(place)
            field = "month" if isinstance(row.month_value, Decimal) else "ytd"
            yield self._change_field("magnitude", place, field, **slipped(row, slip, number))

    def _personal_numbers(self, count: int) -> Iterator[Fault]:
        """Invented ones: of people born in 1901, and telephone numbers of the operators' own test ranges."""
        card = _card_number("350502", "19010203", lambda digit: digit != "X")
        card_x = _card_number("350502", "19010203", lambda digit: digit == "X")
        notes = (
            f"示例：当事人身份证{card}",
            "示例：联系电话13800138000，详见台账",
            f"示例：{card_x.lower()} 已核",
            "示例：电话 138-0013-8000",
            f"示例：证件号{card.translate(FULL_WIDTH)}",
            "示例：电话+8613800138000",
            f"示例：{card[:6]} {card[6:14]} {card[14:]}",
            "示例：办公电话0595-22000000",
        )
        places = self._places(lambda _, __: True)
        for note in islice(cycle(notes), self._seed * count, (self._seed + 1) * count):
            yield self._change_field("personal_number", self._rejected(next(places)), "note", note=note)

    # --- cells that ask for an explanation ---

    def _slip_of_pen(self, value: Decimal, decimals: int) -> Decimal:
        """What a figure is off by: one step of its decimals, or up to a fifth of it."""
        step = Decimal(1).scaleb(-decimals)
        share = Decimal(str(round(self._rng.uniform(0, LARGEST_SLIP_OF_PEN), 6)))
        return max(step, _rounded(abs(value) * share, decimals)) if self._rng.random() < 0.75 else step

    def _either_way(self, value: Decimal, by: Decimal, least: Decimal = Decimal(0)) -> Decimal:
        """The value and that much more, or less where it stays at `least` or above."""
        return value - by if value - by >= least and self._rng.random() < 0.5 else value + by

    def _community_sums(self, count: int) -> Iterator[Fault]:
        """The sub-district's figure where all communities' reports stand, and none of them is at fault there."""

        def fits(place: Place, row: FormRow) -> bool:
            code, slot = place.indicator_code, place.slot
            source = self._asking.indicators[code]["source_form"]
            below = [s for s in self._slots if (s.form_code, s.month) == (source, slot.month)]
            at_fault = [month for (form, _, tie), m in self._faulted.items() for month in m if tie == self._tie[code]]
            return (
                source != slot.form_code
                and isinstance(row.month_value, Decimal)
                and all(self._stands(s) and s.month not in self._whole[s.form_code, s.sender_code] for s in below)
                and slot.month not in at_fault
            )

        for _ in range(count):
            place = next(self._places(fits))
            row = self._row(place)
            value = _number(row.month_value)
            wrong = self._either_way(value, self._slip_of_pen(value, row.decimals))
            yield self._change_field("community_sum", place, "month", **_moved(row, wrong - value))

    def _parts_totals(self, count: int) -> Iterator[Fault]:
        """A level that is not the one before, plus what came, less what went: by one, or up to a fifth."""
        totals = {row["total_code"] for row in self._asking.tables["identity"]}

        def fits(place: Place, row: FormRow) -> bool:
            before = self._before(place.slot)
            is_source = self._asking.indicators[place.indicator_code]["source_form"] == place.slot.form_code
            is_total = place.indicator_code in totals and is_source
            return is_total and isinstance(row.month_value, Decimal) and self._stands(before)

        for place in islice(self._apart(self._places(fits)), count):
            row = self._row(place)
            value = _number(row.month_value)
            wrong = self._either_way(value, self._slip_of_pen(value, row.decimals))
            yield self._change_field("parts_total", place, "month", month_value=wrong)

    def _apart(self, places: Iterator[Place]) -> Iterator[Place]:
        """Without those where the sub-district's figure of the same indicators and month is at fault already."""
        sums = {
            (fault.report_month, self._tie[fault.indicator_code])
            for fault in self._faults
            if fault.family == "community_sum"
        }
        return (place for place in places if (place.slot.month, self._tie[place.indicator_code]) not in sums)

    def _outliers(self, count: int) -> Iterator[Fault]:
        """Honest values moved by 6 to 20 of their series' spreads, and five units at least; the year goes along."""
        numerators = {row["numerator_code"] for row in self._asking.indicators.values() if row["kind"] == "ratio"}
        wholes = {row["denominator_code"] for row in self._asking.indicators.values() if row["kind"] == "ratio"}
        tied = {code for row in self._asking.tables["identity"] for code in row.values()}

        def fits(place: Place, row: FormRow, is_short: bool, is_down: bool, is_flat: bool) -> bool:
            code = place.indicator_code
            if (
                not isinstance(row.month_value, Decimal)
                or self._kind(code) not in ("flow", "stock")
                or code in tied
                or code in (numerators if not is_down else wholes)
                or self._is_on_two_forms(code)
            ):
                return False
            series = [float(value) for value in self._series_of(place).values()]
            history = self._history_count(place)
            if history < LEAST_HISTORY or (history <= SHORT_HISTORY) != is_short:
                return False
            spread = robust_spread(series)
            highest = self._asking.indicators[code]["maximum"]
            size = max(MOST_SPREADS * spread, LEAST_UNITS * MOST_SPREADS / LEAST_SPREADS)
            if (spread == 0) != is_flat:
                return False
            if is_down:
                return float(row.month_value) >= max(LEAST_SPREADS * spread, LEAST_UNITS)
            return highest is None or float(row.month_value) + size <= highest

        for number in range(count):
            is_short, is_down, is_flat = number < SHORT_COUNT, number % DOWN_EVERY == 3, number % FLAT_EVERY == 0
            place = next(
                self._places(lambda place, row, *_: fits(place, row, is_short, is_down, is_flat))  # noqa: B023
            )
            row = self._row(place)
            value, spread = _number(row.month_value), robust_spread([float(v) for v in self._series_of(place).values()])
            spreads = LEAST_SPREADS + (MOST_SPREADS - LEAST_SPREADS) * self._rng.random() ** CROWDING
            size = Decimal(repr(max(spreads * spread, LEAST_UNITS * spreads / LEAST_SPREADS)))
            least = Decimal(repr(max(LEAST_SPREADS * spread, float(LEAST_UNITS))))
            by = _rounded(size, row.decimals, ROUND_UP)
            if is_down:
                by = max(min(by, value), _rounded(least, row.decimals, ROUND_UP))
            yield self._change_field("outlier", place, "month", **_moved(row, -by if is_down else by))

    def _prior_years(self, count: int) -> Iterator[Fault]:
        """Last year's figure, where last year's report stands: off by one step, or up to a fifth."""

        def fits(place: Place, row: FormRow) -> bool:
            year_ago = replace(place.slot, month=place.slot.month.replace(year=place.slot.month.year - 1))
            then = self._honest.get(year_ago, {}).get((place.subject_code, place.indicator_code))
            key = (year_ago.form_code, place.subject_code, self._tie[place.indicator_code])
            return (
                isinstance(row.prior_ytd_value, Decimal)
                and then is not None
                and then.ytd_value == row.prior_ytd_value
                and self._stands(year_ago)
                and year_ago.month not in self._faulted[key]
                and year_ago.month not in self._whole[year_ago.form_code, year_ago.sender_code]
            )

        for place in islice(self._places(fits), count):
            row = self._row(place)
            value = _number(row.prior_ytd_value)
            wrong = self._either_way(value, self._slip_of_pen(value, row.decimals))
            yield self._change_field("prior_year", place, "prior_ytd", prior_ytd_value=wrong)

    def _cumulatives(self, count: int) -> Iterator[Fault]:
        """A cumulative that is not last month's and this month's, every third time one that falls."""

        def fits(place: Place, row: FormRow) -> bool:
            return (
                place.slot.month.month > 1
                and self._is_plain(place.indicator_code)
                and isinstance(row.month_value, Decimal)
                and isinstance(row.ytd_value, Decimal)
                and row.ytd_value - row.month_value > 1
                and self._stands(self._before(place.slot))
            )

        places = self._places(fits)
        for number, place in enumerate(islice(places, count)):
            row = self._row(place)
            before = _number(row.ytd_value) - _number(row.month_value)
            off = self._slip_of_pen(before, row.decimals)
            is_fall = number % 3 == 0
            wrong = max(before - off, Decimal(0)) if is_fall else self._either_way(_number(row.ytd_value), off, before)
            yield self._change_field("cumulative", place, "ytd", ytd_value=wrong)

    def _blanks(self, count: int) -> Iterator[Fault]:
        """A cell that is asked for left blank, or the whole row gone."""
        asked = {
            (row["form_code"], row["indicator_code"]): row["cells_required"] or "both"
            for row in self._asking.tables["form_indicator"]
        }

        def fits(place: Place, row: FormRow) -> bool:
            key = (place.slot.form_code, place.indicator_code)
            return key in self._required and all(
                isinstance(getattr(row, field), Decimal)
                for field in (("month_value", "ytd_value") if asked[key] == "both" else ("month_value",))
            )

        for number, place in enumerate(islice(self._places(fits), count)):
            is_both = asked[place.slot.form_code, place.indicator_code] == "both"
            kind = number % 4
            row = self._row(place)
            if kind == 3:
                yield self._change("required", place, [], {"field": "", "found": "", "honest": str(row.month_value)})
            elif kind == 1 and is_both:
                yield self._change_field("required", place, "ytd", ytd_value=None)
            elif kind == 2 and is_both:
                yield self._change_field("required", place, "month", month_value=None)
            else:
                yield self._change_field("required", place, "month", month_value=None, ytd_value=None)


def _numbers(row: FormRow) -> dict[str, Decimal]:
    """The numbers of a row by field."""
    fields = ("month_value", "ytd_value", "prior_ytd_value")
    return {field: value for field in fields if isinstance(value := getattr(row, field), Decimal)}


def _number(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(0)


def _rounded(value: Decimal, decimals: int, rounding: str = ROUND_HALF_UP) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), rounding)


def _moved(row: FormRow, by: Decimal) -> dict[str, Decimal]:
    """The month moved, and with it the year to date."""
    moved = {"month_value": _number(row.month_value) + by}
    if isinstance(row.ytd_value, Decimal):
        moved["ytd_value"] = row.ytd_value + by
    return moved


def _brought_forward(row: FormRow) -> FormRow:
    """Last month's row with its month counted once more in the year."""
    if isinstance(row.month_value, Decimal) and isinstance(row.ytd_value, Decimal):
        return replace(row, ytd_value=row.ytd_value + row.month_value)
    return row


def _months_between(one: date, other: date) -> int:
    return abs((one.year - other.year) * 12 + one.month - other.month)


def _card_number(area: str, born: str, wanted: Callable[[str], bool]) -> str:
    """An 18-digit number whose check digit is right, and as wanted."""
    for order in range(1, 1000):
        digits = f"{area}{born}{order:03}"
        check = "10X98765432"[sum(int(d) * w for d, w in zip(digits, WEIGHTS, strict=True)) % 11]
        if wanted(check):
            return digits + check
    raise ValueError(born)
