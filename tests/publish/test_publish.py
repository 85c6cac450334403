import json
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jindu.settings import Home, JinduError, Night, no_progress
from jindu.warehouse.connection import connect
from jindu.warehouse.publish import KEPT_VERSIONS, publish, published_version, table_hashes

READER = Path(__file__).with_name("reader.py")
KILLED_PUBLISH = Path(__file__).with_name("killed_publish.py")


def ask(path: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(path, read_only=True) as connection:
        rows: list[tuple[Any, ...]] = connection.execute(query).fetchall()
        return rows


def fill(night: Night, generation: int) -> None:
    with connect(night.home) as connection:
        connection.execute(f"update mart.completion set month_value = {generation}")
        connection.execute(f"update mart.run set files_received_count = {generation}")


def generation_of(home: Home) -> object:
    return ask(home.published, "select files_received_count from mart.run")[0][0]


def test_the_published_copy_holds_mart_and_nothing_else(night: Night) -> None:
    report = publish(night)
    tables = ask(night.home.published, "select schema_name, table_name from duckdb_tables() order by all")
    assert tables == [("mart", "completion"), ("mart", "run")]
    assert report.count == 5_001
    assert "completion" not in report.detail_en and "5001 rows" in report.detail_en


def test_the_database_is_called_jindu_also_through_the_link(night: Night) -> None:
    publish(night)
    assert ask(night.home.published, "select current_database()") == [("jindu",)]


def test_rows_stand_in_the_order_of_the_key(night: Night) -> None:
    publish(night)
    query = "select org_unit_code, indicator_code from mart.completion"
    rows = ask(night.home.published, query)
    assert rows == sorted(rows)


def test_tables_and_columns_carry_their_meaning(night: Night) -> None:
    publish(night)
    comments: dict[str, str] = dict(ask(night.home.published, "select table_name, comment from duckdb_tables()"))
    assert comments["completion"].startswith("每个单位")
    columns: dict[str, str] = dict(
        ask(night.home.published, "select column_name, comment from duckdb_columns() where table_name = 'completion'")
    )
    assert all(columns.values())
    assert "colour" in columns["status"]


def test_chinese_views_have_chinese_columns_and_words(night: Night) -> None:
    publish(night)
    with duckdb.connect(night.home.published, read_only=True) as connection:
        found = connection.execute(
            "select 单位代码, 报告期, 本月数, 状态 from 完成情况 order by all limit 1"
        ).fetchone()
    assert found is not None
    assert found[0] == "unit 0" and found[3] == "达序时"


def test_chinese_views_work_in_a_file_attached_under_another_name(night: Night) -> None:
    publish(night)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{night.home.published}' as copy (read_only)")
        assert connection.execute("select count(*) from copy.main.完成情况").fetchone() == (5_000,)


def test_a_table_that_nobody_described_is_published_without_a_view(night: Night) -> None:
    with connect(night.home) as connection:
        connection.execute("create table mart.novelty as select 1 as surprise")
    publish(night)
    assert ask(night.home.published, "select surprise from mart.novelty") == [(1,)]


def test_nobody_can_write_into_a_version(night: Night) -> None:
    publish(night)
    file = night.home.published.resolve()
    assert stat.S_IMODE(file.stat().st_mode) == 0o444
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o555
    assert [path.name for path in file.parent.iterdir()] == ["jindu.duckdb"]


def test_the_newest_versions_are_kept(night: Night) -> None:
    for _ in range(KEPT_VERSIONS + 2):
        publish(night)
    kept = sorted(folder.name for folder in night.home.versions.iterdir())
    assert kept == ["000003", "000004", "000005", "000006", "000007"]
    assert published_version(night.home) == "000007"


def test_a_home_that_was_moved_still_opens(night: Night, tmp_path: Path) -> None:
    publish(night)
    moved = Home(tmp_path / "elsewhere")
    night.home.root.rename(moved.root)
    assert generation_of(moved) == 0


def test_nothing_to_publish_is_said(night: Night) -> None:
    with connect(night.home) as connection:
        connection.execute("drop schema mart cascade")
        connection.execute("create schema mart")
    with pytest.raises(JinduError, match="没有可发布的数据"):
        publish(night)


def test_a_copy_that_does_not_read_back_is_not_published(night: Night) -> None:
    publish(night)
    fill(night, 1)

    def tamper(done: int, total: int) -> None:
        if done == total - 4:  # described, closed, not yet verified
            with duckdb.connect(night.home.versions / ".building" / "jindu.duckdb") as connection:
                connection.execute("update mart.completion set month_value = 7 where org_unit_code = 'unit 3'")

    with pytest.raises(JinduError, match="completion"):
        publish(night, tamper)
    assert generation_of(night.home) == 0
    assert not (night.home.versions / ".building").exists()


@pytest.mark.parametrize("stage", range(8))  # two tables and five stages, and the very beginning
def test_a_killed_publish_leaves_the_old_copy_and_the_next_one_cleans_up(night: Night, stage: int) -> None:
    publish(night)
    fill(night, 1)
    killed = subprocess.run([sys.executable, KILLED_PUBLISH, night.home.root, str(stage)], check=False)
    assert killed.returncode == -9
    assert generation_of(night.home) == (1 if stage == 7 else 0)  # the last stage comes after the swap
    fill(night, 2)
    publish(night)
    assert generation_of(night.home) == 2
    versions = sorted(folder.name for folder in night.home.versions.iterdir())
    assert versions == (["000001", "000002", "000003"] if stage == 7 else ["000001", "000002"])
    assert [path.name for path in night.home.published.parent.iterdir()] == ["jindu.duckdb"]


def test_a_killed_first_publish_is_made_good_by_the_next(night: Night) -> None:
    killed = subprocess.run([sys.executable, KILLED_PUBLISH, night.home.root, "6"], check=False)
    assert killed.returncode == -9
    assert published_version(night.home) is None
    publish(night)
    assert generation_of(night.home) == 0


def test_a_full_disk_is_said_and_leaves_the_old_copy(night: Night) -> None:
    publish(night)
    fill(night, 1)
    full = subprocess.run(
        [sys.executable, KILLED_PUBLISH, night.home.root, "full"], check=False, capture_output=True, text=True
    )
    assert full.returncode == 2, full.stderr
    assert "原有的发布版本不受影响" in full.stdout
    assert generation_of(night.home) == 0
    publish(night)
    assert generation_of(night.home) == 1


def test_hashes_depend_on_content_alone(night: Night) -> None:
    publish(night)
    first = table_hashes(night.home.published)
    with connect(night.home) as connection:
        connection.execute("create or replace table mart.completion as from mart.completion order by random()")
    publish(night)
    assert table_hashes(night.home.published) == first
    with connect(night.home) as connection:
        connection.execute("update mart.completion set status = null where org_unit_code = 'unit 7'")
    publish(night)
    second = table_hashes(night.home.published)
    assert second["completion"] != first["completion"]
    assert second["run"] == first["run"]


def test_the_same_mart_gives_the_same_rows_in_the_same_order(night: Night) -> None:
    publish(night)
    first = ask(night.home.published, "select * from mart.completion")
    with connect(night.home) as connection:
        connection.execute("create or replace table mart.completion as from mart.completion order by random()")
    publish(night)
    assert ask(night.home.published, "select * from mart.completion") == first


def test_open_sessions_work_on_through_publishes(night: Night, tmp_path: Path) -> None:
    publish(night)
    stop = tmp_path / "stop"
    readers = [
        subprocess.Popen([sys.executable, READER, night.home.published, stop], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "reading\n"
        for generation in range(1, 21):
            fill(night, generation)
            publish(night, no_progress)
    finally:
        stop.touch()
        answers = [reader.communicate(timeout=60)[0] for reader in readers]
    for reader, answer in zip(readers, answers, strict=True):
        assert reader.returncode == 0, answer
        tally = json.loads(answer)
        assert tally["torn"] == 0
        assert tally["opened"] > 5 and tally["generations"] > 2, tally
    assert generation_of(night.home) == 20


def test_an_ordinary_user_can_clear_old_versions_away(night: Night) -> None:
    """Folder mode 0555 stops its owner too: clearing away must open it first."""
    folder = Path(tempfile.mkdtemp())  # pytest's own folders are closed to other users
    try:
        home = Home(folder / "home")
        home.root.mkdir()
        shutil.copy(night.home.private_database, home.private_database)
        subprocess.run([sys.executable, KILLED_PUBLISH, home.root, "many"], check=True)
        assert len(list(home.versions.iterdir())) == KEPT_VERSIONS
    finally:
        shutil.rmtree(folder)
