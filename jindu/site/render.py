"""Pages into files: one environment per language, links relative, so that the folder can lie anywhere."""

import functools
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import jinja2
from markupsafe import Markup

from jindu import shown
from jindu.shown import NOT_PUBLISHED, STATUSES, Status, minus
from jindu.site import wording
from jindu.site.contents import SECTIONS
from jindu.site.page import Page
from jindu.site.series import trend_text
from jindu.site.source import Frame

TEMPLATES = Path(__file__).parent / "templates"
STYLE = "style.css"
BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")  # what templates leave between their parts
FOLDERS = {"zh": "", "en": "en/"}  # of each language within the site
HTML_LANGS = {"zh": "zh-CN", "en": "en"}
SPOKEN = (  # of jindu.shown, with the language filled in
    "word",
    "value_text",
    "gap_text",
    "unit_text",
    "month_text",
    "month_name",
    "day_text",
    "moment_text",
    "rank_text",
    "rank_remark",
    "sample_mark",
    "withheld_text",
)
# Of jindu.site.wording, the same
WORDED = (
    "badge",
    "name",
    "theme",
    "actual",
    "due",
    "target",
    "gap",
    "case_gap",
    "case_needed",
    "remedy",
    "outlook",
    "projected",
    "metric_text",
)  # of jindu.site.wording
UNSPOKEN = ("percent", "pace_text", "figure", "rank_change", "place_range", "signed", "rounded")


class PlainContext(jinja2.runtime.Context):
    """Calls what a template calls, and does not ask first whether it wants the context: nothing here does.

    A site is two million calls; the questions took longer than the answers.
    """

    def call(self, called: Callable[..., object], *args: object, **kwargs: object) -> object:
        """The answer of a macro or a function."""
        kwargs.pop("_block_vars", None)  # jinja's own, for who wants the context
        kwargs.pop("_loop_vars", None)
        return called(*args, **kwargs)


@functools.cache
def environment(lang: str) -> jinja2.Environment:
    """The templates of one language: `('中文', 'English')|t` is settled while they are compiled."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.context_class = PlainContext
    made.filters["t"] = _english if lang == "en" else _chinese
    return made


class Renderer:
    """Renders the pages of one language."""

    def __init__(self, frame: Frame, lang: str) -> None:
        self._lang = lang
        self._navigations: dict[tuple[object, ...], Markup] = {}
        self._named = {section.path for section in SECTIONS} | {f"community/{unit.code}.html" for unit in frame.members}
        self._words = {
            "site": frame,
            "lang": lang,
            "html_lang": HTML_LANGS[lang],
            "sections": [section for section in SECTIONS if section.path is not None],
            "status_of": _status_of,
            "called": partial(frame.called, lang=lang),
            "standing": wording.status,
            "statuses": [*STATUSES.values(), NOT_PUBLISHED],
            "bar": wording.bar,
            "bare": wording.bare,
            "pace": wording.pace,
            "likely": wording.likely,
            "has_outlook": wording.has_outlook,
            "signed_count": _signed_count,
            "since_last_month": partial(_since_last_month, lang=lang),
            "trend_text": partial(trend_text, lang=lang),
            **{name: partial(getattr(shown, name), lang=lang) for name in SPOKEN},
            **{name: getattr(shown, name) for name in UNSPOKEN},
            **{name: partial(getattr(wording, name), lang=lang) for name in WORDED},
        }

    def html(self, page: Page) -> str:
        """The whole page."""
        root = "../" * page.path.count("/")  # of this language
        top = root if self._lang == "zh" else f"../{root}"  # of the site
        other = f"{top}en/{page.path}" if self._lang == "zh" else f"{top}{page.path}"
        words = {**self._words, "page": page, "root": root, "top": top, "other_href": other}
        words["navigation"] = self._navigation(page, words)
        text = self._text(page.template, {**words, **page.values})
        return BLANK_LINES.sub("\n", text).strip() + "\n"

    def _navigation(self, page: Page, words: Mapping[str, object]) -> Markup:
        place = (page.section, page.path if page.path in self._named else None, words["root"])
        if place not in self._navigations:
            self._navigations[place] = Markup(self._text("navigation.html.j2", words))  # a template escapes
        return self._navigations[place]

    def _text(self, template: str, words: Mapping[str, object]) -> str:
        return environment(self._lang).get_template(template).render(words)

    def path(self, page: Page) -> str:
        """Where the page lies within the site."""
        return FOLDERS[self._lang] + page.path


def _chinese(both: tuple[str, str]) -> str:
    return both[0]


def _english(both: tuple[str, str]) -> str:
    return both[1]


def _status_of(code: str | None) -> Status:
    return STATUSES[code or "no_target"]


def _since_last_month(change: int, lang: str) -> str:
    if change == 0:
        return "as last month" if lang == "en" else "与上月同"
    return f"{_signed_count(change)} on last month" if lang == "en" else f"较上月 {_signed_count(change)}"


def _signed_count(change: int) -> str:
    return minus(f"{change:+d}") if change else "="


def style_sheet() -> str:
    """The one style sheet of all pages."""
    return (TEMPLATES / STYLE).read_text(encoding="utf-8")
