"""Build the tables of sql/: one file is one SELECT is one table (or view), in the order of what reads what."""

import functools
import re
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import duckdb

from jindu.catalogue import load, store
from jindu.decisions import load_decisions
from jindu.settings import JinduError, Night, Progress, StepReport, no_progress
from jindu.warehouse.connection import SQL_ROOT, connect
from jindu.warehouse.earlier import METRICS, VALUES, Chain, work_out_earlier
from jindu.warehouse.verdict import record_verdicts

MODEL_SCHEMAS = ("core", "check", "mart")
JUDGED = "raw.finding"  # what reads it comes after the incoming gate
ANSWERS = "core.finding_answer"  # what the verdicts of the night are made of
RECORDED = frozenset({"raw.gate_result", "raw.run"})  # what reads them is written last, when the gates have spoken
TARGETS = frozenset({"core.decided_target", "core.plan_target"})  # a version counts from the day it was recorded
EARLIER = "raw.earlier_metric"  # what reads it waits until last month has been worked out as it was known
STAGES = ("reading", "core", "mart", "record")
SIDE_BY_SIDE = 2  # tables built at once, which do not read each other
LARGE = 1_000_000  # rows: such a table keeps all cores busy by itself, and two of them need the memory of both
# A parser takes a third of a second for all files, which a first answer cannot spare; a test holds the two to the same.
NO_CODE = re.compile(r"--[^\n]*|'[^']*'")
VIEW = re.compile(r"\A--[^\n]*\n-- view:")  # the second line of a file that is worked out when it is asked for
TABLE_READ = re.compile(r'(?<!distinct )\b(?:from|join)\s+"?(\w+)"?\."?(\w+)"?', re.IGNORECASE)


@dataclass(frozen=True)
class Model:
    """One SELECT: the table, or the view, that it makes and the tables that it reads."""

    name: str  # schema.table
    select: str
    reads: frozenset[str]
    takes_as_of: bool
    is_view: bool = False


@functools.cache
def models(root: Path = SQL_ROOT) -> dict[str, Model]:
    """Every model of sql/ by name, in an order in which each comes after all that it reads.

    Raises JinduError when a file reads a table that nobody makes, or files read each other in a circle.
    """
    found = {}
    for schema in MODEL_SCHEMAS:
        for path in sorted((root / schema).glob("*.sql")):
            model = _parse(f"{schema}.{path.stem}", path)
            found[model.name] = model
    for model in found.values():
        unknown = {name for name in model.reads if name.split(".")[0] in MODEL_SCHEMAS and name not in found}
        if unknown:
            names = ", ".join(sorted(unknown))
            raise JinduError(
                f"sql/{model.name} 读取了不存在的表 {names}。", f"sql/{model.name} reads {names}, which no file makes."
            )
    return {name: found[name] for name in _in_order(found)}


def _in_order(found: dict[str, Model]) -> list[str]:
    try:
        return [
            *TopologicalSorter(
                {name: sorted(model.reads & found.keys()) for name, model in found.items()}
            ).static_order()
        ]
    except CycleError as error:
        circle = " → ".join(error.args[1])
        raise JinduError(
            f"sql/ 中的表循环引用：{circle}。", f"Tables of sql/ read each other in a circle: {circle}."
        ) from error


def needed(names: Iterable[str]) -> list[Model]:
    """The named models and all that they read, in the order of building; no other file is parsed.

    Raises JinduError when they read each other in a circle.
    """
    found: dict[str, Model] = {}
    waiting = [*names]
    while waiting:
        name = waiting.pop()
        if name not in found:
            schema, table = name.split(".")
            found[name] = _parse(name, SQL_ROOT / schema / f"{table}.sql")
            waiting += [table for table in found[name].reads if table.split(".")[0] in MODEL_SCHEMAS]
    return [found[name] for name in _in_order(found)]


@functools.cache
def _parse(name: str, path: Path) -> Model:
    text = path.read_text(encoding="utf-8")
    code = NO_CODE.sub("", text)
    reads = {f"{schema}.{table}" for schema, table in TABLE_READ.findall(code)}
    return Model(name, text, frozenset(reads), "$as_of" in code, VIEW.match(text) is not None)


def stage_of(name: str) -> str:
    """When in the night a model can be built: reading, core, mart or record."""
    everything = models()
    upstream = _upstream(name)
    if upstream & RECORDED:
        return "record"
    if EARLIER in upstream or any(table.startswith("mart.") for table in upstream | {name}):
        return "mart"
    if JUDGED in upstream:
        return "core"
    return "reading" if name in everything else "core"


@functools.cache
def _upstream(name: str) -> frozenset[str]:
    direct = models()[name].reads
    return direct.union(*(_upstream(table) for table in direct if table in models()))


def build(
    connection: duckdb.DuckDBPyConnection, as_of: datetime, names: Iterable[str], progress: Progress = no_progress
) -> int:
    """Build the named models in order of dependency; the number built."""
    chosen = set(names)
    ordered = [model for model in models().values() if model.name in chosen]
    for done, model in enumerate(ordered, start=1):
        build_one(connection, as_of, model)
        progress(done, len(ordered))
    return len(ordered)


def _is_large(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a table of the private database is one of more than an office."""
    ((rows,),) = connection.execute("select coalesce(max(estimated_size), 0) from duckdb_tables()").fetchall()
    return bool(rows > LARGE)


def build_one(connection: duckdb.DuckDBPyConnection, as_of: datetime, model: Model) -> None:
    """Create or replace one model's table or view."""
    schema, table = model.name.split(".")
    relation, other = ("view", "table") if model.is_view else ("table", "view")
    parameters = {"as_of": as_of} if model.takes_as_of else {}
    statement = f'create or replace {relation} "{schema}"."{table}" as\n{model.select}'  # check is a keyword
    try:
        try:
            connection.execute(statement, parameters)
        except duckdb.CatalogException:
            if not _is_there(connection, other, schema, table):
                raise
            connection.execute(f'drop {other} "{schema}"."{table}"')  # what an earlier release made of the file
            connection.execute(statement, parameters)
    except duckdb.Error as error:
        raise JinduError(
            f"计算 {model.name} 时出错：{error}（sql/{model.name.replace('.', '/')}.sql）。",
            f"{model.name} could not be computed: {error} (sql/{model.name.replace('.', '/')}.sql).",
        ) from error


def _is_there(connection: duckdb.DuckDBPyConnection, relation: str, schema: str, name: str) -> bool:
    """Whether the database of the connection holds a table, or a view, of that name."""
    found = connection.execute(
        f"select 1 from duckdb_{relation}s() where database_name = current_database()"
        f" and schema_name = ? and {relation}_name = ?",
        [schema, name],
    )
    return bool(found.fetchall())


def build_stage(night: Night, stage: str, progress: Progress = no_progress) -> int:
    """Build every model of one stage in the night's private database; the number built."""
    return build_side_by_side(night, [name for name in models() if stage_of(name) == stage], progress)


def build_side_by_side(night: Night, names: Iterable[str], progress: Progress = no_progress) -> int:
    """Build the named models in order of dependency, several at once where the tables are small; the number built.

    An office's are: one alone keeps a core and a bit busy.
    """
    chosen = frozenset(names)
    reads = {name: model.reads for name, model in models().items() if name in chosen}
    order: TopologicalSorter[str] = TopologicalSorter({name: read & chosen for name, read in reads.items()})
    order.prepare()
    ready: list[str] = []
    building: dict[Future[None], tuple[str, duckdb.DuckDBPyConnection]] = {}
    with ExitStack() as opened, ThreadPoolExecutor(SIDE_BY_SIDE) as workers:
        first = opened.enter_context(connect(night.home))
        others = 0 if _is_large(first) else SIDE_BY_SIDE - 1
        idle = [first, *(opened.enter_context(connect(night.home)) for _ in range(others))]
        for done in range(1, len(reads) + 1):
            ready += order.get_ready()
            while ready and idle:
                name, connection = ready.pop(0), idle.pop()
                building[workers.submit(build_one, connection, night.as_of, models()[name])] = name, connection
            built = next(iter(wait(building, return_when=FIRST_COMPLETED).done))
            name, connection = building.pop(built)
            built.result()
            idle.append(connection)
            order.done(name)
            progress(done, len(reads))
    return len(reads)


def build_readings(night: Night, progress: Progress = no_progress) -> StepReport:
    """Every version as read, what was asked, and what the incoming gate measures."""
    count = build_stage(night, "reading", progress)
    return StepReport(f"整理读数，{count} 张表", f"readings, {count} tables", count)


def build_core(night: Night, progress: Progress = no_progress) -> StepReport:
    """What counts: accepted and held values, targets, and their aggregation over months and tree."""
    with connect(night.home) as connection:
        build(connection, night.as_of, [ANSWERS])
        record_verdicts(connection, night)
    count = build_stage(night, "core", progress)
    return StepReport(f"核心数据，{count} 张表", f"core, {count} tables", count)


def build_mart(night: Night, progress: Progress = no_progress) -> StepReport:
    """What analysts see: completion, ranking, reporting, cases."""
    with connect(night.home) as connection:
        work_out_earlier(connection, earlier_chain())
    count = build_stage(night, "mart", progress)
    return StepReport(f"完成率与排名，{count} 张表", f"completion and ranking, {count} tables", count)


@functools.cache
def earlier_chain() -> Chain:
    """From the values and the targets' versions, which were others at an earlier moment, to the metrics of the ranks.

    What was asked, and who belongs to whom, is as it is today.
    """
    found: set[str] = set()
    waiting = [*METRICS]
    while waiting:
        name = waiting.pop()
        if name in models() and name != VALUES and name not in found:
            found.add(name)
            waiting += models()[name].reads
    rebuilt = sorted(name for name in found if name in TARGETS or _upstream(name) & {VALUES, *TARGETS})
    given = frozenset().union(*(models()[name].reads for name in rebuilt)) - {*rebuilt, VALUES}
    text = "\n".join(
        [(SQL_ROOT / "macros.sql").read_text(encoding="utf-8"), *(models()[name].select for name in rebuilt)]
    )
    return Chain(given, text, lambda connection, as_of: build(connection, as_of, rebuilt))


def store_reference(night: Night) -> StepReport:
    """Load the reference folder, refusing it whole when it has a fault, and what people decided since."""
    catalogue = load(night.reference)
    with connect(night.home) as connection:
        store(connection, catalogue)
    decided = load_decisions(night)
    count = sum(frame.height for frame in catalogue.tables.values())
    return StepReport(
        f"参考数据 {count} 行，{decided.detail_zh}", f"reference data, {count} rows; {decided.detail_en}", count
    )
