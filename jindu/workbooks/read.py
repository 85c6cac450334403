"""Reads every archived file that has not been read yet, and records its document and its cells."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import duckdb
import polars

from jindu.settings import Home, JinduError, Night, Progress, StepReport
from jindu.warehouse.connection import connect
from jindu.workbooks.collect import archived_path
from jindu.workbooks.words import vocabulary
from jindu.workbooks.worker import Answer, CellRow, Document, Job, WorkerPool

FILES_PER_TRANSACTION = 200
NUMBER_COLUMNS = {"row_number": polars.Int64, "column_number": polars.Int64, "is_readable": polars.Boolean}


def _schema(fields: Sequence[str]) -> dict[str, type[polars.DataType]]:
    """Text, for DuckDB to cast into the column's exact type, but for counts and flags."""
    return {"sha256": polars.String} | {field: NUMBER_COLUMNS.get(field, polars.String) for field in fields}


DOCUMENT_SCHEMA = _schema(Document._fields)
CELL_SCHEMA = _schema(CellRow._fields)


def read(night: Night, progress: Progress) -> StepReport:
    """Read the files that raw.document lacks, a few hundred to a transaction; killed, the next run goes on.

    Raises JinduError when the archive does not hold exactly what was received, or the reader does not start.
    """
    with connect(night.home) as connection:
        meanings = _vocabulary(connection)
        jobs = _unread(connection, night.home)
        refused_count = 0
        with WorkerPool(meanings) as pool:
            for start in range(0, len(jobs), FILES_PER_TRANSACTION):
                batch = jobs[start : start + FILES_PER_TRANSACTION]
                answers: list[Answer] = []
                for number, answer in enumerate(pool.read(batch), start + 1):
                    answers.append(answer)
                    progress(number, len(jobs))
                record(connection, batch, answers)
                refused_count += sum(not answer.document.is_readable for answer in answers)
    return StepReport(
        f"读取 {len(jobs)} 个文件，其中 {refused_count} 个无法读取",
        f"{len(jobs)} files read, {refused_count} of them unreadable",
        len(jobs),
    )


def vocabulary_of(tables: Mapping[str, polars.DataFrame]) -> dict[str, str]:
    """The words that the reference tables (Catalogue.tables) teach the reader."""
    return vocabulary(
        tables["heading"].select("heading", "field").iter_rows(),
        tables["wording"].select("word", "meaning").iter_rows(),
        tables["unit"]["unit"],
        tables["indicator"]["unit"],
    )


def _vocabulary(connection: duckdb.DuckDBPyConnection) -> Mapping[str, str]:
    try:
        headings = connection.execute("select heading, field from reference.heading order by all").fetchall()
        wording = connection.execute("select word, meaning from reference.wording order by all").fetchall()
        converted = connection.execute("select unit from reference.unit order by all").fetchall()
        counted = connection.execute("select distinct unit from reference.indicator order by all").fetchall()
    except duckdb.CatalogException as error:
        raise JinduError(
            "工作数据库里还没有 reference.heading（表头对照表）等参考数据。请先载入：运行 jindu run。",
            "The private database has no reference.heading and the like yet. Load the reference folder: jindu run.",
        ) from error
    return vocabulary(headings, wording, (unit for (unit,) in converted), (unit for (unit,) in counted))


def _unread(connection: duckdb.DuckDBPyConnection, home: Home) -> list[Job]:
    """One job per SHA-256, under the name that it first came with.

    Raises JinduError when the archive does not hold exactly the bytes received.
    """
    rows = connection.execute(
        """
        select sha256, arg_min(file_name, (received_at, submission_id)) as file_name
        from raw.submission
        where sha256 not in (select sha256 from raw.document)
        group by sha256
        order by min(received_at), sha256
        """
    ).fetchall()
    jobs = [Job(sha256, str(archived_path(home.archive, sha256)), file_name) for sha256, file_name in rows]
    for job in jobs:
        _check_archived(job)
    return jobs


def _check_archived(job: Job) -> None:
    try:
        with open(job.path, "rb") as archived:  # noqa: PTH123  (a job carries its path as text)
            digest = hashlib.file_digest(archived, "sha256").hexdigest()
    except FileNotFoundError:
        digest = ""
    if digest != job.sha256:
        raise JinduError(
            f"归档文件 {job.path}（收到时名为“{job.file_name}”）丢失或内容已变。请从备份恢复后重新运行 jindu run。",
            f"The archived file {job.path} (received as {job.file_name!r}) is missing or altered. "
            "Restore it from a backup, then run jindu run again.",
        )


def record(connection: duckdb.DuckDBPyConnection, jobs: Sequence[Job], answers: Sequence[Answer]) -> None:
    """Write what was read of the jobs, in one transaction."""
    pairs = list(zip(jobs, answers, strict=True))
    documents = polars.DataFrame(
        [(job.sha256, *answer.document) for job, answer in pairs], schema=DOCUMENT_SCHEMA, orient="row"
    ).with_columns(read_at=polars.lit(datetime.now(UTC)))
    cells = polars.DataFrame(
        [(job.sha256, *cell) for job, answer in pairs for cell in answer.cells], schema=CELL_SCHEMA, orient="row"
    )
    connection.begin()
    _insert(connection, "raw.document", documents)
    _insert(connection, "raw.cell", cells)
    connection.commit()


def _insert(connection: duckdb.DuckDBPyConnection, table: str, frame: polars.DataFrame) -> None:
    connection.execute(f"insert into {table} by name select * from frame")  # DuckDB reads the argument by its name
