"""What an expectation may say and hardly means: told by `jindu expectations`, and no reason to refuse a night."""

import re
from collections.abc import Iterator

from jindu.checks.expectations import Expectation

SPREADS = re.compile(r"(spreads|gross)_ratio")  # how far from the likely, in robust spreads (sql/macros.sql)
FEWEST_SPREADS = 2  # of a normal distribution one value in twenty lies farther out
MOST_SPREADS = 20  # planted slips of the pen lie within (tests/bench/faults)
PLACEHOLDER = re.compile(r"\{[^}]*\}")
NUMBER = re.compile(r"(?<![\d.])\d+(?:\.\d+)?")
HAN = re.compile(r"[一-鿿]")


def unwise(rule: Expectation) -> Iterator[tuple[str, str, str]]:
    """The key that is doubtful, and why, in Chinese and English."""
    if rule.severity == "information" and rule.owner == "填报员":
        yield (
            "owner",
            f"“{rule.code}”只作提示，不退给填报员；“owner”写填报员，就没有人看。",
            f"'{rule.code}' is for information, which clerks never see: with 'owner' 填报员 nobody reads it.",
        )
    if not HAN.search(rule.message_zh):
        yield ("message_zh", "“message_zh”里没有一个汉字。", "'message_zh' has no Chinese in it.")
    yield from _other_numbers(rule)
    if SPREADS.fullmatch(rule.column):
        yield from _spreads(rule)


def _other_numbers(rule: Expectation) -> Iterator[tuple[str, str, str]]:
    """A message that says a number, and not the limit: the one was changed without the other."""
    limits = [limit for limit in (rule.minimum, rule.maximum) if limit is not None and abs(limit) > 1]
    for key in ("message_zh", "message_en"):
        said = NUMBER.findall(PLACEHOLDER.sub("", getattr(rule, key)))
        if limits and said and not any(float(number) == float(limit) for number in said for limit in limits):
            shown = "、".join(said), ", ".join(said)
            yield (
                key,
                f"“{key}”里写着 {shown[0]}，界限却是 {limits[0]}；改了界限，也要改说明。",
                f"'{key}' says {shown[1]}, but the limit is {limits[0]}: change the message with the limit.",
            )


def _spreads(rule: Expectation) -> Iterator[tuple[str, str, str]]:
    if rule.severity == "critical":
        yield (
            "severity",
            f"“{rule.code}”说的是少见，不是一定错；“severity”写 critical，属实的报表也会整份退回。",
            f"'{rule.code}' tells what is unusual, not what is wrong: with 'severity' critical honest reports are "
            "rejected whole.",
        )
    if rule.maximum is not None and rule.maximum < FEWEST_SPREADS:
        yield (
            "maximum",
            f"“maximum”是 {rule.maximum} 个幅度，没有错的数也常有这么远；一般在 {FEWEST_SPREADS} 以上。",
            f"'maximum' is {rule.maximum} spreads: sound values are often as far; usual is {FEWEST_SPREADS} or more.",
        )
    if rule.maximum is not None and rule.maximum > MOST_SPREADS:
        yield (
            "maximum",
            f"“maximum”是 {rule.maximum} 个幅度，多写一位数也未必有这么远；一般在 {MOST_SPREADS} 以内。",
            f"'maximum' is {rule.maximum} spreads: a digit too many may be nearer; up to {MOST_SPREADS} is usual.",
        )
