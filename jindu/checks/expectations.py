"""What must hold: the expectations of a gate, read from YAML that needs no programmer."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from string import Formatter

import yaml

from jindu.settings import PROJECT_ROOT, JinduError
from jindu.warehouse.columns import QUICK_LOADER

EXPECTATIONS_ROOT = PROJECT_ROOT / "expectations"
GATES = ("incoming", "core", "mart")  # domain.md, Validation
SEVERITIES = ("critical", "warning", "information")  # domain.md, Validation
OWNERS = ("填报员", "统筹办", "维护员")  # domain.md, Who uses it: the clerk, the operator, the maintainer
# what an expectation may say about a column: the words to give with it, of which at least one
VOCABULARY = {
    "values_between": ("minimum", "maximum"),
    "values_in_set": ("values",),
    "values_not_null": (),
    "values_unique": (),
}
REQUIRED = ("code", "table", "expect", "column", "severity", "owner", "message_zh", "message_en", "reason")
ARGUMENTS = ("minimum", "maximum", "values")
NOT_TEXTS = (*ARGUMENTS, "tolerated_count")
# what an expectation may need: "reading", the file alone; "history", what was sent before or by others to compare with
NEEDS = ("reading", "history")
LEAST_REASON = 4  # letters or digits: fewer give no reason
LARGEST = Decimal(10) ** 32  # a limit beyond what decimal(38, 6) holds is compared with nothing
# what YAML takes for no text, and what would garble a terminal or a receipt
# what the parser says, in words of the person who typed it; the first that fits
YAML_SLIPS = (
    (re.compile("mapping values"), "冒号的位置不对：缩进要与上一行对齐，文字里有冒号的整句加引号，冒号用半角“:”"),
    (re.compile("expected ':'"), "前面少了冒号，或冒号后没有空格"),
    (re.compile("end of stream|escape"), "引号没有成对，或引号里有多余的“\\”"),
    (re.compile("',' or"), "方括号或花括号没有成对"),
    (re.compile("'-' indicator|expected key"), "缩进与上下行没有对齐，或引号后面还有字"),
    (re.compile("cannot start|alias|anchor|tag"), "一句话不能以 @、*、&、!、% 这样的符号开头，请加引号"),
)
CONTROL = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
NAME = re.compile(r"[a-z][a-z0-9_]*")
COUNT = re.compile(r"[1-9][0-9]{0,8}")
TABLE = re.compile(r"check\.[a-z][a-z0-9_]*")  # only check tables carry the key that a finding is joined back by

Scalar = str | bool | Decimal


@dataclass(frozen=True)
class Expectation:
    """One thing that must hold, how bad it is when it does not, who mends it, and what to tell them."""

    code: str
    table: str
    expect: str
    column: str
    severity: str
    owner: str
    message_zh: str
    message_en: str
    reason: str
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    values: tuple[Scalar, ...] = ()
    name_zh: str = ""  # what the rule compares, for a list of rules that were skipped
    name_en: str = ""
    needs: str = ""  # reading or history; blank for a rule that takes the whole gate, but nothing from outside the file
    found: str = "found"  # the column of the table that says what was found, what was expected, and where
    expected: str = "expected"
    cell: str = "cell"
    tolerated_count: int = 0  # a known flaw: up to so many failing rows pass the gate
    tolerated_reason: str = ""
    unless: str = ""  # a rule of the same table: a row that fails it is told by it, and by this one no more


@dataclass(frozen=True)
class Problem:
    """One fault of an expectations file, where it is and how to mend it."""

    path: Path
    line: int
    message_zh: str
    message_en: str


class ExpectationsError(JinduError):
    """The expectations files have faults; all of them are listed."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(
            "\n".join(f"{problem.path} 第 {problem.line} 行：{problem.message_zh}" for problem in problems),
            "\n".join(f"{problem.path}, line {problem.line}: {problem.message_en}" for problem in problems),
        )
        self.problems = tuple(problems)


def gate_expectations(gate: str) -> tuple[Expectation, ...]:
    """The expectations of one gate, in file order.

    Raises ExpectationsError with every fault found.
    """
    return load_expectations(EXPECTATIONS_ROOT / f"{gate}.yml")


def load_expectations(path: Path) -> tuple[Expectation, ...]:
    """The expectations in one file, in file order.

    Raises ExpectationsError with every fault found, each with its line.
    """
    return with_lines(path)[0]


def with_lines(path: Path) -> tuple[tuple[Expectation, ...], dict[str, dict[str, int]]]:
    """The expectations in one file, and by code the line of each of their keys; raises as load_expectations does."""
    reader = _Reader(path)
    expectations = reader.read()
    if reader.problems:
        raise ExpectationsError(sorted(reader.problems, key=lambda problem: problem.line))
    return expectations, reader.lines_of_keys


def placeholders(template: str) -> set[str]:
    """The names that a message fills in.

    Raises ValueError when the braces do not match.
    """
    return {name for name, _ in _filled_in(template)}


def _filled_in(template: str) -> set[tuple[str, str]]:
    """The names that a message fills in, each with the conversion and the format written behind it."""
    return {
        (name, (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else ""))
        for _, name, spec, conversion in Formatter().parse(template)
        if name is not None
    }


class _Reader:
    """Reads one file and gathers its faults."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.lines_of_code: dict[str, int] = {}
        self.lines_of_keys: dict[str, dict[str, int]] = {}

    def read(self) -> tuple[Expectation, ...]:
        try:
            text = self.path.read_text(encoding="utf-8-sig")
            if self._has_control(text):
                return ()
            root = yaml.compose(text, Loader=QUICK_LOADER)
        except OSError as error:
            self._add(1, f"读不到文件（{error.strerror}）。", f"the file cannot be read ({error.strerror}).")
            return ()
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            self._add(
                line,
                "不是 UTF-8 编码。请用编辑器“另存为”，编码选 UTF-8。",
                "not in UTF-8: save it as UTF-8 in the editor.",
            )
            return ()
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            slip_zh, slip_en = _slip(error.problem or "", "".join(text.split("\n")[line - 1 : line]))
            self._add(line, f"不是合法的 YAML：{slip_zh}。", f"not valid YAML: {slip_en}.")
            return ()
        if not isinstance(root, yaml.SequenceNode) or not root.value:
            self._add(1, "应为一个列表，每项以“- code：”开头。", "expected a list, each item starting with '- code:'.")
            return ()
        return tuple(found for node in root.value if (found := self._expectation(node)) is not None)

    def _add(self, line: int, message_zh: str, message_en: str) -> None:
        self.problems.append(Problem(self.path, line, message_zh, message_en))

    def _has_control(self, text: str) -> bool:
        """Whether characters stand in the file that nobody sees; each line with one is told."""
        before = len(self.problems)
        for line, content in enumerate(text.split("\n"), start=1):
            if found := CONTROL.search(content):
                code = f"U+{ord(found[0]):04X}"
                self._add(
                    line, f"这一行有看不见的控制字符（{code}），请删去后重写。",
                    f"the line has a control character ({code}): remove it.",
                )  # fmt: skip
        return len(self.problems) > before

    def _expectation(self, item: yaml.Node) -> Expectation | None:
        if not isinstance(item, yaml.MappingNode):
            self._add(_line(item), "应为“键： 值”的一组。", "expected a group of 'key: value' lines.")
            return None
        before = len(self.problems)
        nodes = self._nodes(item)
        for key in REQUIRED:
            if key not in nodes:
                self._add(_line(item), f"缺少“{key}”。", f"'{key}' is missing.")
        texts = {key: self._text(key, node) for key, node in nodes.items() if key not in NOT_TEXTS}
        self._check_names(nodes, texts)
        self._check_needs(item, nodes, texts)
        tolerated_count = self._tolerated(nodes)
        self._check_messages(nodes, texts)
        minimum, maximum = (self._number(key, nodes.get(key)) for key in ("minimum", "maximum"))
        values = self._values(nodes.get("values"))
        self._check_arguments(item, nodes, texts.get("expect", ""))
        if minimum is not None and maximum is not None and minimum > maximum:
            line = _line(nodes["minimum"])
            self._add(
                line, f"minimum {minimum} 大于 maximum {maximum}。", f"minimum {minimum} is above maximum {maximum}."
            )
        if len(self.problems) > before:
            return None
        self.lines_of_keys[texts["code"]] = {key: _line(node) for key, node in nodes.items()}
        return Expectation(**texts, minimum=minimum, maximum=maximum, values=values, tolerated_count=tolerated_count)

    def _nodes(self, item: yaml.MappingNode) -> dict[str, yaml.Node]:
        known = [field.name for field in fields(Expectation)]
        nodes: dict[str, yaml.Node] = {}
        for key_node, value_node in item.value:
            key = str(key_node.value)
            if key not in known:
                self._add(
                    _line(key_node),
                    f"不认识的键“{key}”；可用：{'、'.join(known)}。",
                    f"unknown key '{key}'; known are {', '.join(known)}.",
                )
            elif key in nodes:
                self._add(_line(key_node), f"“{key}”写了两次。", f"'{key}' is written twice.")
            else:
                nodes[key] = value_node
        return nodes

    def _text(self, key: str, node: yaml.Node) -> str:
        if isinstance(node, yaml.ScalarNode) and node.value.strip():
            text = str(node.value).strip()
            if found := CONTROL.search(text):  # written as an escape
                code = f"U+{ord(found[0]):04X}"
                self._add(_line(node), f"“{key}”里有控制字符（{code}）。", f"'{key}' has a control character ({code}).")
            if key in ("reason", "tolerated_reason") and len(re.findall(r"[^\W_]", text)) < LEAST_REASON:
                self._wrong(
                    node, key, text, f"说得清的理由（至少 {LEAST_REASON} 个字）",
                    f"a reason of at least {LEAST_REASON} letters",
                )  # fmt: skip
            return text
        self._add(_line(node), f"“{key}”应为文字，不能为空。", f"'{key}' must be a text that is not blank.")
        return ""

    def _check_names(self, nodes: dict[str, yaml.Node], texts: dict[str, str]) -> None:
        for key in ("code", "column", "found", "expected", "cell", "unless"):
            if texts.get(key) and not NAME.fullmatch(texts[key]):
                self._wrong(
                    nodes[key], key, texts[key], "小写英文字母、数字和下划线", "lower-case letters, digits and _"
                )
        if texts.get("table") and not TABLE.fullmatch(texts["table"]):
            self._wrong(nodes["table"], "table", texts["table"], "check.表名", "check.<table>")
        for key, allowed in (
            ("expect", tuple(VOCABULARY)), ("severity", SEVERITIES), ("owner", OWNERS), ("needs", NEEDS),
        ):  # fmt: skip
            if texts.get(key) and texts[key] not in allowed:
                self._wrong(nodes[key], key, texts[key], "、".join(allowed), ", ".join(allowed))
        if code := texts.get("code"):
            line = _line(nodes["code"])
            first = self.lines_of_code.setdefault(code, line)
            if first != line:
                self._add(
                    line, f"代码“{code}”在第 {first} 行已经用过。", f"code '{code}' was already used in line {first}."
                )

    def _check_needs(self, item: yaml.Node, nodes: dict[str, yaml.Node], texts: dict[str, str]) -> None:
        if texts.get("needs") != "history":
            return
        for key in ("name_zh", "name_en"):
            if key not in nodes:
                self._add(
                    _line(nodes.get("needs", item)),
                    f"needs 为 history 的检查要有“{key}”，跳过时用来告诉填报员。",
                    f"an expectation that needs history has '{key}': who sends is told by it what was skipped.",
                )

    def _tolerated(self, nodes: dict[str, yaml.Node]) -> int:
        """How many failing rows are known: a number and a reason, or neither."""
        for key, other in (("tolerated_count", "tolerated_reason"), ("tolerated_reason", "tolerated_count")):
            if key in nodes and other not in nodes:
                self._add(
                    _line(nodes[key]),
                    f"写了“{key}”就要写“{other}”：容许几处、为什么。",
                    f"'{key}' needs '{other}': how many are known, and why.",
                )
        node = nodes.get("tolerated_count")
        if node is None:
            return 0
        text = str(node.value) if isinstance(node, yaml.ScalarNode) else ""
        if not COUNT.fullmatch(text):
            self._wrong(
                node, "tolerated_count", text or "…", "1 以上的整数（修好了就删去这两行）",
                "a whole number from 1 on (once it is mended, remove both lines)",
            )  # fmt: skip
            return 0
        return int(text)

    def _wrong(self, node: yaml.Node, key: str, found: str, expected_zh: str, expected_en: str) -> None:
        self._add(
            _line(node), f"“{key}”是“{found}”，应为 {expected_zh}。", f"'{key}' is '{found}', expected {expected_en}."
        )

    def _check_messages(self, nodes: dict[str, yaml.Node], texts: dict[str, str]) -> None:
        for key in ("message_zh", "message_en"):
            try:
                filled_in = _filled_in(texts.get(key, ""))
            except ValueError as error:
                self._add(
                    _line(nodes[key]), f"“{key}”的花括号不成对：{error}。", f"'{key}' has unmatched braces: {error}."
                )
                continue
            for name, extra in sorted(filled_in):
                if extra or not NAME.fullmatch(name):
                    self._wrong(nodes[key], key, f"{{{name}{extra}}}", "{列名}", "{column}")

    def _number(self, key: str, node: yaml.Node | None) -> Decimal | None:
        if node is None:
            return None
        if not isinstance(node, yaml.ScalarNode):
            self._add(
                _line(node), f"“{key}”应为一个数，不能是列表或一组。",
                f"'{key}' must be one number, not a list or a group.",
            )  # fmt: skip
            return None
        try:
            number = Decimal(str(node.value))
            if not number.is_finite():
                raise InvalidOperation
        except InvalidOperation:
            self._add(_line(node), f"“{node.value}”不是数字。", f"'{node.value}' is not a number.")
            return None
        if abs(number) >= LARGEST:
            self._too_large(node)
            return None
        return number

    def _too_large(self, node: yaml.Node) -> None:
        self._add(
            _line(node),
            f"“{node.value}”太大，没有数能与它比较。",
            f"'{node.value}' is no number that can be compared: it is too large.",
        )

    def _values(self, node: yaml.Node | None) -> tuple[Scalar, ...]:
        if node is None:
            return ()
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self._add(_line(node), "“values”应为非空列表。", "'values' must be a list that is not empty.")
            return ()
        values = []
        for one in node.value:
            value = _scalar(one)
            if isinstance(value, Decimal) and (not value.is_finite() or abs(value) >= LARGEST):
                self._too_large(one)
            values.append(value)
        return tuple(values)

    def _check_arguments(self, item: yaml.Node, nodes: dict[str, yaml.Node], expect: str) -> None:
        if expect not in VOCABULARY:
            return
        allowed = VOCABULARY[expect]
        for key in ARGUMENTS:
            if key in nodes and key not in allowed:
                self._add(_line(nodes[key]), f"{expect} 不用“{key}”。", f"{expect} takes no '{key}'.")
        if allowed and not any(key in nodes for key in allowed):
            self._add(
                _line(nodes.get("expect", item)),
                f"{expect} 需要 {' 或 '.join(allowed)}。",
                f"{expect} needs {' or '.join(allowed)}.",
            )


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _scalar(node: yaml.Node) -> Scalar:
    loaded = yaml.SafeLoader("").construct_object(node, deep=True)
    if isinstance(loaded, bool):
        return loaded
    return Decimal(str(loaded)) if isinstance(loaded, int | float) else str(loaded)


def every_expectation() -> Iterator[tuple[str, Expectation]]:
    """Every gate's name with each of its expectations, in the order of a night."""
    for gate in GATES:
        for expectation in gate_expectations(gate):
            yield gate, expectation


def _slip(problem: str, line: str) -> tuple[str, str]:
    """What is wrong with a line of YAML, in Chinese and English."""
    if "tab character" in problem or "\t" in line[: len(line) - len(line.lstrip())]:
        return "这一行有制表符（Tab 键），请改成空格", "the line has a tab: use spaces"
    zh = next((zh for pattern, zh in YAML_SLIPS if pattern.search(problem)), "请核对这一行的缩进、冒号和引号")
    return zh, problem
