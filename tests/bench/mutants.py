"""Small wrongs for the calculation's SQL: each mutant is one file with one node of its syntax tree changed.

What could not be told from the original is not made: the order of the rows that a file ends with, the types of casts,
union for union all (rows have keys), branches that exclude each other in turn. Nor is what anything would find: the
equality of a join's keys turned round.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from sqlglot import exp, parse

from jindu.warehouse.connection import SQL_ROOT

DIALECT = "duckdb"
DIGITS = 60  # of the largest number
LARGE = 12  # more than months in a year: one step more says as much as one step less
Change = Callable[[exp.Expression], Iterator["exp.Expression | Described | None"]]  # None: the node is left out


@dataclass(frozen=True)
class Described:
    """A change of a long node that says itself what is different."""

    replacement: exp.Expression
    before: str
    after: str


@dataclass(frozen=True)
class Mutant:
    """One statement with one change in it."""

    file: str  # below sql/
    family: str
    line: int
    before: str
    after: str
    ordinal: int  # among equal changes of one file
    statement: str

    @property
    def key(self) -> str:
        """What names the mutant as long as its own expression stays as it is."""
        return f"{self.file} | {self.before} → {self.after} | {self.ordinal}"


# ------------------------------------------------------------------------------------------------- what can be changed
def comparison(node: exp.Expression) -> Iterator[exp.Expression]:
    """< for <=, = for <>, an end of a span left out."""
    others = {exp.LT: exp.LTE, exp.LTE: exp.LT, exp.GT: exp.GTE, exp.GTE: exp.GT, exp.EQ: exp.NEQ, exp.NEQ: exp.EQ}
    if type(node) in others and not is_join_key(node):
        yield others[type(node)](this=node.this.copy(), expression=node.expression.copy())
    if isinstance(node, exp.Between):
        value, low, high = node.this, node.args["low"], node.args["high"]
        yield exp.and_(exp.GT(this=value.copy(), expression=low.copy()), exp.LTE(this=value, expression=high.copy()))
        yield exp.and_(exp.GTE(this=value.copy(), expression=low.copy()), exp.LT(this=value, expression=high.copy()))
    if isinstance(node, exp.In) and len(node.expressions) > 1:
        for left_out in range(len(node.expressions)):
            fewer = node.copy()
            fewer.set("expressions", [row for at, row in enumerate(fewer.expressions) if at != left_out])
            yield fewer


def logic(node: exp.Expression) -> Iterator[exp.Expression]:
    """and for or, a condition left out, a not taken away."""
    if isinstance(node, exp.And | exp.Or):
        if not node.find_ancestor(exp.Join):
            other = exp.Or if isinstance(node, exp.And) else exp.And
            yield exp.paren(other(this=exp.paren(node.this.copy()), expression=exp.paren(node.expression.copy())))
        yield node.this.copy()
        if not isinstance(node.this, exp.And | exp.Or):
            yield node.expression.copy()
    if isinstance(node, exp.Not):
        yield node.this.copy()
    if isinstance(node, exp.Boolean):
        yield exp.Boolean(this=not node.this)


def aggregate(node: exp.Expression) -> Iterator[exp.Expression]:
    """min for max, least for greatest, any for all, count(*) for count(x)."""
    others = {
        exp.Min: exp.Max,
        exp.Max: exp.Min,
        exp.Least: exp.Greatest,
        exp.Greatest: exp.Least,
        exp.LogicalAnd: exp.LogicalOr,
        exp.LogicalOr: exp.LogicalAnd,
    }
    if type(node) in others:
        swapped = others[type(node)]()
        for name, value in node.copy().args.items():
            swapped.set(name, value)
        yield swapped
    if isinstance(node, exp.Count):
        if isinstance(node.this, exp.Distinct):
            yield exp.Count(this=node.this.expressions[0].copy())
        elif not isinstance(node.this, exp.Star):
            yield exp.Count(this=exp.Star())


def window(node: exp.Expression) -> Iterator[exp.Expression]:
    """Another frame, or a key of the partition left out."""
    if isinstance(node, exp.WindowSpec):
        if node.args.get("start") == "UNBOUNDED":
            yield with_args(node, start="CURRENT ROW", start_side=None)
        if node.args.get("end") == "CURRENT ROW":
            yield with_args(node, end="UNBOUNDED", end_side="FOLLOWING")
    if isinstance(node, exp.Window) and len(node.args.get("partition_by") or []) > 1:
        keys = node.args["partition_by"]
        for left_out in range(len(keys)):
            yield with_args(node, partition_by=[key.copy() for at, key in enumerate(keys) if at != left_out])


def order(node: exp.Expression) -> Iterator[exp.Expression]:
    """The other end first, another way with ties and nulls."""
    ranks = (exp.Rank, exp.DenseRank, exp.RowNumber)
    others = {exp.Lag: exp.Lead, exp.Lead: exp.Lag, exp.LastValue: exp.FirstValue, exp.FirstValue: exp.LastValue}
    if isinstance(node, ranks):
        yield from (other() for other in ranks if other is not type(node))
    if type(node) in others:
        yield others[type(node)](this=node.this.copy())
    if isinstance(node, exp.IgnoreNulls):
        yield node.this.copy()
    if isinstance(node, exp.Ordered) and not is_last_order(node):
        yield with_args(node, desc=not node.args.get("desc"))
        if node.args.get("nulls_first"):  # last is where they are anyway
            yield with_args(node, nulls_first=False)


def default(node: exp.Expression) -> Iterator[exp.Expression]:
    """A coalesce without what stands in, or with nothing else."""
    if isinstance(node, exp.Coalesce):
        yield node.this.copy()
        if len(node.expressions) == 1:
            yield node.expressions[0].copy()


def arithmetic(node: exp.Expression) -> Iterator[exp.Expression]:
    """+ for -, and their like."""
    others = {
        exp.Add: exp.Sub,
        exp.Sub: exp.Add,
        exp.Mul: exp.Add,
        exp.IntDiv: exp.Mul,
        exp.Mod: exp.IntDiv,
        exp.BitwiseAnd: exp.BitwiseOr,
        exp.BitwiseOr: exp.BitwiseAnd,
    }
    if type(node) in others and not isinstance(node.expression, exp.Interval):
        yield exp.paren(others[type(node)](this=node.this.copy(), expression=node.expression.copy()))
    if isinstance(node, exp.Add | exp.Sub) and isinstance(node.expression, exp.Interval):
        yield node.this.copy()
    if isinstance(node, exp.Abs | exp.Neg):
        yield node.this.copy()


def constant(node: exp.Expression) -> Iterator[exp.Expression]:
    """A number or a span of time one step longer or shorter."""
    if not isinstance(node, exp.Literal) or node.find_ancestor(exp.DataType):
        return
    if node.is_string and not isinstance(node.parent, exp.Interval):
        return
    number = Decimal(node.this)
    exact = int(number.as_tuple().exponent)
    # of a long fraction the second digit: the last would be lost in the rounding
    step = Decimal((0, (1,), max(exact, number.adjusted() - 1) if exact < 0 else 0))
    yield literal(number, step, node)
    if 0 < number <= LARGE:
        yield literal(number, -step, node)


def clause(node: exp.Expression) -> Iterator[exp.Expression | None]:
    """A filter, a condition or a distinct left out; another kind of join or union."""
    if isinstance(node, exp.Filter):
        yield node.this.copy()
    if isinstance(node, exp.Where) and not isinstance(node.parent, exp.Filter) and not is_connective(node.this):
        yield None
    if isinstance(node, exp.Join) and node.args.get("side") == "LEFT":
        yield with_args(node, side=None, kind="INNER")
    elif isinstance(node, exp.Join) and node.args.get("kind") == "INNER":
        yield with_args(node, side="LEFT", kind=None)
    if isinstance(node, exp.Union) and node.args.get("distinct"):
        yield with_args(node, distinct=False)
    if isinstance(node, exp.Distinct) and isinstance(node.parent, exp.Select):
        yield None


def branch(node: exp.Expression) -> Iterator[Described]:
    """A case with a branch less, without its else, or with two branches in each other's place."""
    if not isinstance(node, exp.Case):
        return
    branches = node.args["ifs"]
    said = [f"WHEN {shown(row.this)} THEN {shown(row.args['true'])}" for row in branches]
    for left_out in range(len(branches) if len(branches) > 1 else 0):
        fewer = with_args(node, ifs=[row.copy() for at, row in enumerate(branches) if at != left_out])
        yield Described(fewer, said[left_out], "nothing")
    for first in range(len(branches) - 1):
        if node.this is None and not exclude_each_other(branches[first].this, branches[first + 1].this):
            order = [*range(first), first + 1, first, *range(first + 2, len(branches))]
            other = with_args(node, ifs=[branches[at].copy() for at in order])
            yield Described(other, f"{said[first]} {said[first + 1]}", "the two in turn")
    if node.args.get("default") and not isinstance(node.args["default"], exp.Null):
        yield Described(with_args(node, default=None), f"ELSE {shown(node.args['default'])}", "nothing")


FAMILIES: tuple[Change, ...] = (
    comparison,
    logic,
    aggregate,
    window,
    order,
    default,
    arithmetic,
    constant,
    clause,
    branch,
)


def with_args(node: exp.Expression, **args: object) -> exp.Expression:
    """A copy of a node with some of its parts changed."""
    changed = node.copy()
    for name, value in args.items():
        changed.set(name, value)
    return changed


def literal(number: Decimal, step: Decimal, like: exp.Literal) -> exp.Expression:
    """A number that is a step more, written as the one it stands for: 1.5e0 is a double."""
    with localcontext() as context:
        context.prec = DIGITS
        text = f"{number + step:f}"
    return exp.Literal(this=f"{text}e0" if "e" in like.this.lower() else text, is_string=like.is_string)


def is_connective(node: exp.Expression | None) -> bool:
    """Whether conditions are joined here, and each can be left out by itself."""
    return isinstance(node, exp.And | exp.Or)


def is_join_key(node: exp.Expression) -> bool:
    """Whether two columns are equal for a join."""
    return (
        isinstance(node, exp.EQ)
        and node.find_ancestor(exp.Join, exp.Subquery) is not None
        and isinstance(node.this, exp.Column)
        and isinstance(node.expression, exp.Column)
    )


def exclude_each_other(one: exp.Expression, other: exp.Expression) -> bool:
    """Whether two conditions ask for different values of one column."""
    left, right = demanded(one), demanded(other)
    return any(left[column].isdisjoint(right[column]) for column in left.keys() & right.keys())


def demanded(condition: exp.Expression) -> dict[str, set[str]]:
    """The values of columns without which a condition cannot hold."""
    found: dict[str, set[str]] = {}
    for part in condition.flatten() if isinstance(condition, exp.And) else [condition]:
        if isinstance(part, exp.EQ) and isinstance(part.expression, exp.Literal):
            found[shown(part.this)] = {shown(part.expression)}
        if isinstance(part, exp.In):
            found[shown(part.this)] = {*map(shown, part.expressions)}
    return found


def is_last_order(node: exp.Expression) -> bool:
    """Whether this orders the rows of the finished table."""
    order = node.parent
    return isinstance(order, exp.Order) and isinstance(order.parent, exp.Query) and order.parent.parent is None


# ---------------------------------------------------------------------------------------------------------- all of them
def mutants_of(file: str) -> list[Mutant]:
    """Every mutant of one file, in the order of its syntax tree."""
    found: list[Mutant] = []
    count: Counter[tuple[str, str]] = Counter()
    for statement in parse((SQL_ROOT / file).read_text(encoding="utf-8"), dialect=DIALECT):
        if statement is None:
            continue
        original = text_of(statement)
        seen = {original}
        for node in [*statement.walk()]:
            for change in FAMILIES:
                for made in [*change(node)]:
                    before, after, changed = tried(statement, node, made)
                    if changed not in seen:
                        seen.add(changed)
                        count[before, after] += 1
                        ordinal = count[before, after]
                        found.append(Mutant(file, change.__name__, line_of(node), before, after, ordinal, changed))
        assert text_of(statement) == original, f"{file}: a change was not taken back"
    return found


def tried(statement: exp.Expression, node: exp.Expression, made: exp.Expression | Described | None) -> tuple[str, ...]:
    """What is there, what stands in its place, and the whole statement with it; the statement itself stays as it is."""
    replacement = made.replacement if isinstance(made, Described) else made
    parent, name, index = node.parent, node.arg_key, node.index
    if parent is None or name is None:
        return shown(node), shown(replacement), text_of(replacement or exp.Null())
    around = parent if isinstance(node, exp.Literal | exp.Boolean) else None  # a number alone says little
    before = shown(around or node)
    if replacement is None:
        parent.set(name, None)
    else:
        node.replace(replacement)
    after, changed = shown(around or replacement), text_of(statement)
    parent.set(name, node, index)
    return (made.before, made.after, changed) if isinstance(made, Described) else (before, after, changed)


def text_of(node: exp.Expression) -> str:
    """SQL without comments."""
    return node.sql(DIALECT, comments=False)


def shown(node: exp.Expression | None) -> str:
    """A node on one line, as SQL is written here."""
    return "nothing" if node is None else " ".join(text_of(node).split())


def line_of(node: exp.Expression) -> int:
    """The line of a file on which a node begins; of one without a name in it, that around it."""
    while node is not None:
        lines = [row.meta["line"] for row in node.walk() if "line" in row.meta]
        if lines:
            return min(lines)
        node = node.parent
    return 1


def spread(population: Sequence[Mutant], count: int, seed: int) -> list[Mutant]:
    """So many of them: from each file in proportion, but from none fewer than a few; over the families in turn.

    A mutant is drawn by the hash of its key: a change in one file leaves those of the others as they were.
    """
    by_file: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in in_turn(population, lambda mutant: (mutant.file, mutant.family), seed):
        by_file[mutant.file].append(mutant)
    least = min(10, count // max(1, len(by_file)))
    rate = count / max(1, len(population))
    return [row for rows in by_file.values() for row in rows[: max(least, round(rate * len(rows)))]]


def in_turn(population: Sequence[Mutant], group: Callable[[Mutant], object], seed: int) -> Iterator[Mutant]:
    """First one of every group, then another of each: dealt out by hash."""
    groups: dict[object, list[Mutant]] = defaultdict(list)
    for mutant in sorted(population, key=lambda mutant: hashlib.sha256(f"{seed} {mutant.key}".encode()).digest()):
        groups[group(mutant)].append(mutant)
    longest = max(map(len, groups.values()), default=0)
    return (rows[round_] for round_ in range(longest) for rows in groups.values() if round_ < len(rows))
