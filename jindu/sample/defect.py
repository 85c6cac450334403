"""What is wrong on purpose: each kind of defect is planted once, in a month and unit of its own, and written down."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median

from jindu.sample.arrival import OfficeCalendar
from jindu.sample.asking import Asking, month_before, months_of, next_month
from jindu.sample.files import SampleFile
from jindu.sample.filling import Filling
from jindu.sample.series import Series
from jindu.workbooks.form import NOT_APPLICABLE, FormRow

SLIP = Decimal(10000)  # 元 written where 万元 are asked: domain.md, Validation, order-of-magnitude slip
MONTHS_BEFORE_SLIP = 3  # a slip is seen against at least three months of one's own
USUAL_SPAN = 2  # an amount within twice and half of the usual one makes a slip unmistakable
CUMULATIVE_FALL = 2
PASSWORD = "示例"
NOTE_OF_BLANK = "示例：台账尚在核对，下月随累计数补报"


@dataclass(frozen=True)
class PlantedDefect:
    """One line of the manifest: what was planted where, and what must become of it."""

    code: str
    file: str  # inbox path; "" for what never comes
    org_unit_code: str
    form_code: str
    report_month: date  # the month that the file claims
    indicator_code: str
    planted_zh: str
    planted_en: str
    expected_state: str
    expected_rule: str = ""
    expected_timeliness: str = ""


@dataclass(frozen=True)
class Slot:
    """Where a defect goes: the month's form of one sender."""

    form_code: str
    sender_code: str
    month: date


Planting = tuple[list[SampleFile], list[PlantedDefect]]


class Planter:
    """Plants every kind of defect in the form that most senders report, and leaves the honest numbers as they are."""

    def __init__(self, asking: Asking, series: Series, filling: Filling, months: list[date], seed: int) -> None:
        self._asking, self._series, self._filling = asking, series, filling
        self._calendar = OfficeCalendar(asking)
        self._months = [month for month in months if month.year == asking.plan_year]
        self._seed = seed
        self._rng = random.Random(f"{seed}:defects")
        self._form_code = max(asking.forms, key=lambda form: len(asking.senders(form, months[-1])))
        self._taken: list[Slot] = []

    def plant(self) -> dict[Slot, Planting]:
        """The files that come instead of the honest one, and what the manifest says of them, by slot."""
        kinds: list[tuple[Callable[[Slot], Planting], list[date], Callable[[Slot], bool]]] = [
            (self._copied_month, self._months[-1:], self._always),
            (self._falling_cumulative, self._months[-1:], self._has_falling),
            (self._unit_slip, self._months[MONTHS_BEFORE_SLIP:-1], self._has_slip),
            (self._late, self._months[1:-1], self._always),
            (self._missing, self._months[1:-1], self._always),
            (self._two_versions, self._months[1:-1], self._has_counts),
            (self._identical_twice, self._months[1:-1], self._always),
            (self._gbk_csv, self._months[1:-1], self._always),
            (self._wrong_month, self._months[1:-1], self._always),
            (self._unknown_code, self._months[1:-1], self._always),
            (self._not_applicable_against_blank, self._months[1:-1], self._has_counts),
            (self._required_blank, self._months[1:-1], self._has_counts),
            (self._empty_file, self._months[1:-1], self._always),
            (self._not_a_workbook, self._months[1:-1], self._always),
            (self._password, self._months[1:-1], self._always),
            (self._late_correction, self._months[2:-2], self._has_level),
        ]
        planted: dict[Slot, Planting] = {}
        for plant, months, fits in kinds:
            slot = self._free_slot(months, fits)
            if slot is not None:  # a very small office or a very short year has no room for every kind
                planted[slot] = plant(slot)
        return planted

    # --- where ---

    def _free_slot(self, months: list[date], fits: Callable[[Slot], bool]) -> Slot | None:
        """A slot that fits, away from other defects of the same sender, whose own comparisons it would disturb."""
        slots = [
            Slot(self._form_code, sender, month)
            for month in months
            for sender in self._asking.senders(self._form_code, month)
        ]
        self._rng.shuffle(slots)
        slots.sort(key=lambda slot: sum(other.sender_code == slot.sender_code for other in self._taken))
        for slot in slots:
            if not any(self._is_near(slot, other) for other in self._taken) and fits(slot):
                self._taken.append(slot)
                return slot
        return None

    @staticmethod
    def _is_near(slot: Slot, other: Slot) -> bool:
        nearby = (month_before(other.month), other.month, next_month(other.month))
        return slot.sender_code == other.sender_code and slot.month in nearby

    @staticmethod
    def _always(_slot: Slot) -> bool:
        return True

    def _has_slip(self, slot: Slot) -> bool:
        return next(self._slip_rows(slot), None) is not None

    def _has_counts(self, slot: Slot) -> bool:
        return len(list(self._count_rows(slot))) > 1

    def _has_level(self, slot: Slot) -> bool:
        return next(self._level_rows(slot), None) is not None

    def _has_falling(self, slot: Slot) -> bool:
        return next(self._falling_rows(slot), None) is not None

    # --- which row ---

    def _free_rows(self, slot: Slot) -> Iterator[FormRow]:
        """Sums that no ratio, identity or other form compares: a defect in one is that defect and no other."""
        asked = [row["indicator_code"] for row in self._asking.tables["form_indicator"]]
        parts = {row[key] for row in self._asking.indicators.values() for key in ("numerator_code", "denominator_code")}
        parts |= {code for row in self._asking.tables["identity"] for code in row.values()}
        forms = {
            code: {r["form_code"] for r in self._asking.tables["form_indicator"] if r["indicator_code"] == code}
            for code in asked
        }
        for row in self._honest(slot):
            both = isinstance(row.month_value, Decimal) and isinstance(row.ytd_value, Decimal)
            if both and row.indicator_code not in parts and len(forms[row.indicator_code]) == 1:
                yield row

    def _is_money(self, row: FormRow) -> bool:
        factors = {line["unit"]: line["family"] for line in self._asking.tables["unit"]}
        return row.unit in factors and list(factors.values()).count(factors[row.unit]) > 1

    def _count_rows(self, slot: Slot) -> Iterator[FormRow]:
        """Free rows that count things, with something to count in the month."""
        return (row for row in self._free_rows(slot) if not self._is_money(row) and row.month_value)

    def _slip_rows(self, slot: Slot) -> Iterator[FormRow]:
        """Free amounts of a usual size, with three months of their own before them."""
        for row in self._free_rows(slot):
            values = [
                float(value)
                for month in months_of(slot.month.year)
                if month < slot.month and (value := self._series.value(row.indicator_code, row.subject_code, month))
            ]
            if self._is_money(row) and len(values) >= MONTHS_BEFORE_SLIP and isinstance(row.month_value, Decimal):
                usual = median(values)
                if usual / USUAL_SPAN <= float(row.month_value) <= usual * USUAL_SPAN:
                    yield row

    def _falling_rows(self, slot: Slot) -> Iterator[FormRow]:
        """Counts whose cumulative can fall below last month's and stay above nothing."""
        for row in self._count_rows(slot):
            assert isinstance(row.ytd_value, Decimal) and isinstance(row.month_value, Decimal)
            if row.ytd_value - row.month_value > CUMULATIVE_FALL:
                yield row

    def _level_rows(self, slot: Slot) -> Iterator[FormRow]:
        """Levels above nothing that a ratio is made of: ranked by the ratio, and no cumulative tells of them later."""
        indicators = self._asking.indicators
        numerators = {row["numerator_code"] for row in indicators.values() if row["ranking_metric"] == "level"}
        compared = {code for row in self._asking.tables["identity"] for code in row.values()}
        for row in self._honest(slot):
            is_level = row.indicator_code in numerators and indicators[row.indicator_code]["kind"] == "stock"
            if (
                is_level
                and row.indicator_code not in compared
                and isinstance(row.month_value, Decimal)
                and row.month_value
            ):
                yield row

    def _honest(self, slot: Slot) -> list[FormRow]:
        return self._filling.rows(slot.form_code, slot.sender_code, slot.month)

    # --- how it looks and when it comes ---

    def file(
        self,
        slot: Slot,
        arrived_at: datetime,
        rows: list[FormRow] | None = None,
        suffix: str = "",
        correction_reason: str = "",
    ) -> SampleFile:
        """The slot's form: honest unless `rows` say otherwise."""
        heading = self._filling.heading(
            slot.form_code, slot.sender_code, slot.month, arrived_at.date(), correction_reason
        )
        name = f"{slot.form_code}_{self._asking.units[slot.sender_code]['short_name']}_{slot.month:%Y-%m}{suffix}.xlsx"
        honest = tuple(self._honest(slot) if rows is None else rows)
        return SampleFile(
            slot.sender_code, name, arrived_at, heading, honest, has_ranks=self._filling.has_ranks(slot.form_code)
        )

    def punctual(self, slot: Slot) -> datetime:
        """When the slot's honest form comes."""
        rng = random.Random(f"{slot.form_code}:{slot.sender_code}:{slot.month}:{self._seed}")
        return self._calendar.punctual(slot.form_code, slot.month, rng)

    def _day_after(self, moment: datetime) -> datetime:
        day = self._calendar.working_day(moment.date() + timedelta(days=1))
        return self._calendar.moment(day, self._rng)

    def _timeliness(self, slot: Slot, arrived_at: datetime) -> str:
        return "on_time" if arrived_at.date() <= self._calendar.due_on(slot.form_code, slot.month) else "late"

    def _line(self, slot: Slot, code: str, file: SampleFile | None, **said: str) -> PlantedDefect:
        month = file.heading.report_month if file and file.heading else slot.month
        return PlantedDefect(
            code=code,
            file=file.inbox_path if file else "",
            org_unit_code=slot.sender_code,
            form_code=slot.form_code,
            report_month=month,
            indicator_code=said.pop("indicator_code", ""),
            planted_zh=said.pop("zh"),
            planted_en=said.pop("en"),
            expected_state=said.pop("state"),
            expected_rule=said.pop("rule", ""),
            expected_timeliness=said.pop("timeliness", ""),
        )

    def _mended(self, slot: Slot, code: str, wrong: SampleFile) -> tuple[SampleFile, PlantedDefect]:
        """The right file, sent the next working day."""
        mended = self.file(
            slot, self._day_after(wrong.arrived_at), suffix="_更正", correction_reason="示例：更正前次报送的错误"
        )
        line = self._line(
            slot,
            code,
            mended,
            zh="更正后重新报送",
            en="sent again, put right",
            state="accepted",
            timeliness=self._timeliness(slot, mended.arrived_at),
        )
        return mended, line

    @staticmethod
    def _with(rows: list[FormRow], changed: FormRow) -> list[FormRow]:
        key = (changed.indicator_code, changed.subject_code)
        return [changed if (row.indicator_code, row.subject_code) == key else row for row in rows]

    # --- the kinds ---

    def _late(self, slot: Slot) -> Planting:
        moment = self._calendar.after_due(slot.form_code, slot.month, self._rng.randint(2, 4), self._rng)
        file = self.file(slot, moment)
        return [file], [
            self._line(
                slot,
                "late",
                file,
                zh="截止日之后才报",
                en="came after its due day",
                state="accepted",
                timeliness="late",
            )
        ]

    def _missing(self, slot: Slot) -> Planting:
        said = {"zh": "一直没有报", "en": "never came", "state": "missing", "timeliness": "missing"}
        return [], [self._line(slot, "missing", None, **said)]

    def _two_versions(self, slot: Slot) -> Planting:
        row = next(self._count_rows(slot))
        assert isinstance(row.month_value, Decimal) and isinstance(row.ytd_value, Decimal)
        low = replace(row, month_value=row.month_value - 1, ytd_value=row.ytd_value - 1)
        first = self.file(slot, self.punctual(slot), self._with(self._honest(slot), low))
        second, line = self._mended(slot, "two_versions", first)
        return [first, second], [
            self._line(
                slot,
                "two_versions",
                first,
                indicator_code=row.indicator_code,
                zh="第一版少计 1，次日报来第二版",
                en="first version one too low, a second came the next day",
                state="superseded",
            ),
            replace(
                line,
                planted_zh="第二版，数字正确",
                planted_en="second version, right",
                indicator_code=row.indicator_code,
            ),
        ]

    def _late_correction(self, slot: Slot) -> Planting:
        row = min(self._level_rows(slot), key=lambda row: (row.month_value, row.indicator_code))  # one of few tells
        assert isinstance(row.month_value, Decimal)
        low = replace(row, month_value=row.month_value - 1)
        first = self.file(slot, self.punctual(slot), self._with(self._honest(slot), low))
        moment = self._calendar.after_due(slot.form_code, next_month(slot.month), self._rng.randint(2, 4), self._rng)
        reason = "示例：次月核对台账，补计 1 处"
        second = self.file(slot, moment, suffix="_更正", correction_reason=reason)
        said = {"indicator_code": row.indicator_code}
        return [first, second], [
            self._line(
                slot,
                "late_correction",
                first,
                zh="少计 1，次月截止日后才更正",
                en="one too low",
                state="superseded",
                **said,
            ),
            self._line(
                slot,
                "late_correction",
                second,
                zh="次月截止日后更正，以前各月的位次因此重算",
                en="put right after the next month's due day: ranks of that time are restated",
                state="accepted",
                timeliness="on_time",  # something usable had come in time
                **said,
            ),
        ]

    def _identical_twice(self, slot: Slot) -> Planting:
        first = self.file(slot, self.punctual(slot))
        again = replace(
            first, name=first.name.replace(".xlsx", "(1).xlsx"), arrived_at=self._day_after(first.arrived_at)
        )
        return [first, again], [
            self._line(
                slot,
                "identical_twice",
                first,
                zh="同一文件第一次报送",
                en="the same file, first time",
                state="accepted",
            ),
            self._line(
                slot,
                "identical_twice",
                again,
                zh="同一文件换名再报一次",
                en="the same bytes again under another name",
                state="duplicate_ignored",
            ),
        ]

    def _gbk_csv(self, slot: Slot) -> Planting:
        plain = self.file(slot, self.punctual(slot))
        file = replace(plain, name=plain.name.replace(".xlsx", ".csv"), csv_encoding="gb18030")
        said = {"zh": "用 GBK 编码的 CSV 代替工作簿", "en": "a CSV in GBK instead of a workbook", "state": "accepted"}
        return [file], [self._line(slot, "gbk_csv", file, **said, timeliness="on_time")]

    def _unit_slip(self, slot: Slot) -> Planting:
        row = next(self._slip_rows(slot))
        assert isinstance(row.month_value, Decimal) and isinstance(row.ytd_value, Decimal)
        slipped = row.month_value * SLIP
        changed = replace(row, month_value=slipped, ytd_value=row.ytd_value - row.month_value + slipped)
        wrong = self.file(slot, self.punctual(slot), self._with(self._honest(slot), changed))
        mended, line = self._mended(slot, "unit_slip", wrong)
        return [wrong, mended], [
            self._line(
                slot,
                "unit_slip",
                wrong,
                indicator_code=row.indicator_code,
                zh="本月金额大了一万倍（单位弄错）",
                en="the month's amount ten thousand times too large (wrong unit)",
                state="rejected",
                rule="magnitude_slip",
            ),
            line,
        ]

    def _falling_cumulative(self, slot: Slot) -> Planting:
        row = next(self._falling_rows(slot))
        assert isinstance(row.month_value, Decimal) and isinstance(row.ytd_value, Decimal)
        changed = replace(row, ytd_value=row.ytd_value - row.month_value - CUMULATIVE_FALL)
        file = self.file(slot, self.punctual(slot), self._with(self._honest(slot), changed))
        return [file], [
            self._line(
                slot,
                "falling_cumulative",
                file,
                indicator_code=row.indicator_code,
                zh="本年累计比上月还小，没有说明",
                en="the cumulative is below last month's, without a note",
                state="held",
                rule="cumulative_falls",
            )
        ]

    def _copied_month(self, slot: Slot) -> Planting:
        codes = [row.indicator_code for row in self._honest(slot) if row.subject_code == slot.sender_code]
        self._series.repeat_month(slot.sender_code, codes, slot.month)
        file = self.file(slot, self.punctual(slot))
        said = {"zh": "本月数照抄上月", "en": "all month figures copied from last month", "state": "held"}
        return [file], [self._line(slot, "copied_month", file, **said, rule="copy_of_last_month")]

    def _wrong_month(self, slot: Slot) -> Planting:
        arrived_at = self.punctual(slot)
        claimed = replace(slot, month=next_month(next_month(slot.month)))
        named = self.file(slot, arrived_at)  # the file's name is right
        wrong = replace(self.file(claimed, arrived_at, self._honest(slot)), name=named.name)
        mended, line = self._mended(slot, "wrong_month", wrong)
        said = {"zh": "报告期写成还没有结束的月份", "en": "names a month that is not over", "state": "rejected"}
        return [wrong, mended], [self._line(slot, "wrong_month", wrong, **said, rule="month_not_over"), line]

    def _unknown_code(self, slot: Slot) -> Planting:
        rows = self._honest(slot)
        stray = replace(
            rows[-1],
            indicator_code=rows[-1].indicator_code + "_x",
            indicator_name="示例：自行增加的指标",
            month_value=Decimal(1),
            ytd_value=None,
            prior_ytd_value=None,
        )
        wrong = self.file(slot, self.punctual(slot), [*rows, stray])
        mended, line = self._mended(slot, "unknown_code", wrong)
        said = {
            "zh": "多出一行目录中没有的指标代码",
            "en": "a row with a code that no indicator has",
            "state": "rejected",
        }
        return [wrong, mended], [self._line(slot, "unknown_code", wrong, **said, rule="unknown_indicator"), line]

    def _not_applicable_against_blank(self, slot: Slot) -> Planting:
        applicable, blank, *_ = self._count_rows(slot)
        rows = self._with(
            self._with(self._honest(slot), replace(applicable, month_value=NOT_APPLICABLE, ytd_value=NOT_APPLICABLE)),
            replace(blank, month_value=None, ytd_value=None, note=NOTE_OF_BLANK),
        )
        file = self.file(slot, self.punctual(slot), rows)
        said = {
            "zh": f"一行填“不适用”（{applicable.indicator_code}），另一行留空并说明({blank.indicator_code})",
            "en": f"{applicable.indicator_code} not applicable, {blank.indicator_code} blank with a note",
        }
        line = self._line(
            slot, "not_applicable_against_blank", file, **said, state="accepted", indicator_code=blank.indicator_code
        )
        return [file], [line]

    def _required_blank(self, slot: Slot) -> Planting:
        row = next(self._count_rows(slot))
        rows = self._with(self._honest(slot), replace(row, month_value=None, ytd_value=None))
        file = self.file(slot, self.punctual(slot), rows)
        said = {"zh": "必填格留空，没有说明", "en": "a required cell is blank, without a note", "state": "held"}
        line = self._line(
            slot, "required_blank", file, **said, rule="required_blank", indicator_code=row.indicator_code
        )
        return [file], [line]

    def _unreadable(self, slot: Slot, code: str, content: bytes, zh: str, en: str) -> Planting:
        file = replace(self.file(slot, self.punctual(slot)), heading=None, rows=(), content=content)
        line = self._line(slot, code, file, zh=zh, en=en, state="rejected", rule="unreadable_file")
        mended, mended_line = self._mended(slot, code, file)
        return [file, mended], [line, mended_line]

    def _empty_file(self, slot: Slot) -> Planting:
        return self._unreadable(slot, "empty_file", b"", "空文件", "an empty file")

    def _not_a_workbook(self, slot: Slot) -> Planting:
        content = "示例：这是改名为 xlsx 的文本文件，不是工作簿。\n".encode()
        return self._unreadable(slot, "not_a_workbook", content, "改名为 .xlsx 的文本文件", "a text file named .xlsx")

    def _password(self, slot: Slot) -> Planting:
        file = replace(self.file(slot, self.punctual(slot)), password=PASSWORD)
        said = {
            "zh": "带密码的工作簿，没有再报",
            "en": "a workbook with a password, never sent again",
            "state": "rejected",
        }
        return [file], [self._line(slot, "password", file, **said, rule="unreadable_file")]
