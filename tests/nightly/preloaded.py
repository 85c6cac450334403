"""What every process of in_process.py needs, imported and parsed once in the server that they are forked from."""

from datetime import UTC, datetime

import duckdb
import great_expectations  # noqa: F401

import jindu.alerts.deliver
import jindu.checks.engine
import jindu.delivery
import jindu.report.returns  # noqa: F401
from jindu.warehouse.models import models

models()
with duckdb.connect() as connection:
    connection.execute("select ?", [datetime(2024, 1, 1, tzinfo=UTC)]).fetchall()  # a moment: DuckDB imports for it
