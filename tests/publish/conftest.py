"""A small office's mart, written by hand: publishing does not care how it was computed."""

from datetime import datetime
from pathlib import Path

import pytest

from jindu.settings import OFFICE_TIMEZONE, Home, Night
from jindu.warehouse.connection import connect

GENERATION_ROWS = 5_000


@pytest.fixture
def night(tmp_path: Path) -> Night:
    home = Home(tmp_path / "home")
    fill_mart(home, generation=0)
    return Night(home, tmp_path, datetime(2030, 5, 10, 2, tzinfo=OFFICE_TIMEZONE), "2030-05-10T02:00:00", 1)


def fill_mart(home: Home, generation: int) -> None:
    """Two tables, every row of which carries the generation: a reader who sees two at once saw a torn copy."""
    with connect(home) as connection:
        connection.execute(
            f"""
            create or replace table mart.completion as
            select
                'unit ' || (range % 50) as org_unit_code,
                'indicator ' || (range // 50) as indicator_code,
                date '2030-04-01' as report_month,
                {generation} as month_value,
                case when range % 2 = 0 then 'on_pace' else 'behind' end as status,
            from range({GENERATION_ROWS})
            order by hash(range)
            """
        )
        connection.execute(
            "create or replace table mart.run as "
            f"select '2030-05-10T02:00:00' as run_id, {generation} as files_received_count"
        )
        for table in ("unit_month", "submission", "form_month"):
            connection.execute(f"create or replace table core.{table} as select {generation} as generation")
