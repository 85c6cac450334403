"""Charts as inline SVG: small enough to read on a phone, each with its figures in words for whoever cannot see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

from markupsafe import Markup, escape

WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 10, 20
CHARACTER = 5.8  # how wide a digit of an axis is, in the units of the drawing
MONTHS = 12


@dataclass(frozen=True)
class Interval:
    """Where the year will end, between which values."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Year:
    """What a chart of a year shows; a place for each month, none where nothing is phased unlike the target."""

    values: Sequence[float | None]
    phased: Sequence[float | None]
    target: float | None
    end: Interval | None
    is_share: bool = False
    from_zero: bool = True


def monthly_bars(  # noqa: PLR0913  (what is drawn, and what is said of it)
    values: Sequence[float | None],
    phased: Sequence[float | None],
    months: Sequence[str],
    title: str,
    told: str,
    *,
    is_share: bool = False,
) -> Markup:
    """A bar for each month's amount, and a line across it at what the target phased for the month."""
    scale = _Scale([*values, *phased, 0.0], is_share=is_share)
    step = scale.month_width
    marks = []
    for place, (value, due) in enumerate(zip(values, phased, strict=True)):
        left = scale.left + place * step
        if value is not None:
            top, bottom = sorted((scale.y(value), scale.y(0)))
            marks.append(_rect(left + step * 0.18, top, step * 0.64, max(bottom - top, 0.8), "bar-now"))
        if due is not None:
            marks.append(_line(left + step * 0.06, scale.y(due), left + step * 0.94, scale.y(due), "due"))
    return _svg(scale, marks, months, title, told)


def year_line(year: Year, months: Sequence[str], title: str, told: str) -> Markup:
    """The year so far as a line, what is due by each month, the target, and where the year will end."""
    ends = [] if year.end is None else [year.end.value, year.end.low, year.end.high]
    base = [0.0] if year.from_zero else []
    scale = _Scale([*year.values, *year.phased, year.target, *ends, *base], is_share=year.is_share)
    step = scale.month_width
    spots = [scale.left + (place + 0.5) * step for place in range(MONTHS)]
    marks = []
    if year.target is not None:
        marks.append(_line(scale.left, scale.y(year.target), WIDTH - RIGHT, scale.y(year.target), "aim"))
    due = [(x, scale.y(value)) for x, value in zip(spots, year.phased, strict=False) if value is not None]
    marks += _path(due, "due-line")
    now = [(x, scale.y(value)) for x, value in zip(spots, year.values, strict=True) if value is not None]
    if year.end is not None and now and now[-1][0] < spots[-1]:
        last, finish = now[-1], spots[-1]
        fan = [last, (finish, scale.y(year.end.high)), (finish, scale.y(year.end.low))]
        marks.append(f'<polygon class="fan" points="{_points(fan)}"/>')
        marks.append(_line(*last, finish, scale.y(year.end.value), "ahead"))
        marks.append(f'<circle class="end" cx="{finish:.1f}" cy="{scale.y(year.end.value):.1f}" r="3.5"/>')
    marks += _path(now, "now")
    marks += [f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>' for x, y in now]
    return _svg(scale, marks, months, title, told)


class _Scale:
    """The vertical axis: from a round number to a round number, with a few lines between."""

    def __init__(self, values: Sequence[float | None], *, is_share: bool = False) -> None:
        known = [float(value) for value in values if value is not None] or [0.0]
        low, high = min(known), max(known)
        if high - low < 1e-9:
            low, high = (low - abs(low) * 0.1 or -1.0, high + abs(high) * 0.1 or 1.0) if low else (0.0, 1.0)
        rough = (high - low) / 3
        power = 10.0 ** floor(log10(rough))
        self._step = next(power * one for one in (1, 2, 2.5, 5, 10) if power * one >= rough * 0.999)
        self._low = floor(low / self._step + 1e-9) * self._step
        self._high = -floor(-high / self._step + 1e-9) * self._step
        self._is_share = is_share
        longest = max(len(text) for _, text in self.lines())
        self.left = max(LEFT, 6 + longest * CHARACTER)
        self.month_width = (WIDTH - self.left - RIGHT) / MONTHS

    def y(self, value: float) -> float:
        """Where a value stands."""
        share = (float(value) - self._low) / (self._high - self._low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def lines(self) -> list[tuple[float, str]]:
        """The values of the axis, and how they are written."""
        count = round((self._high - self._low) / self._step)
        return [(value, self._text(value)) for value in (self._low + place * self._step for place in range(count + 1))]

    def _text(self, value: float) -> str:
        shown = value * 100 if self._is_share else value
        step = self._step * 100 if self._is_share else self._step
        digits = max(0, -floor(log10(step) + 1e-9)) if step < 1 else (1 if step % 1 else 0)
        return f"{shown:,.{digits}f}".replace("-", "\N{MINUS SIGN}") + ("%" if self._is_share else "")


def _svg(scale: _Scale, marks: Sequence[str], months: Sequence[str], title: str, told: str) -> Markup:
    grid = []
    for value, text in scale.lines():
        grid.append(
            _line(scale.left, scale.y(value), WIDTH - RIGHT, scale.y(value), "zero" if abs(value) < 1e-9 else "grid")
        )
        grid.append(
            f'<text x="{scale.left - 4:.1f}" y="{scale.y(value) + 3.5:.1f}" class="end-at">{escape(text)}</text>'
        )
    step = scale.month_width
    for place, month in enumerate(months):
        grid.append(
            f'<text x="{scale.left + (place + 0.5) * step:.1f}" y="{HEIGHT - 5}" class="mid-at">{escape(month)}</text>'
        )
    head = f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}: {escape(told)}">'
    return Markup(head + "".join([*grid, *marks]) + "</svg>")


def _rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _path(points: Sequence[tuple[float, float]], kind: str) -> list[str]:
    return [f'<polyline class="{kind}" points="{_points(points)}"/>'] if len(points) > 1 else []


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
