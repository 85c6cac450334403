"""One night, in its order. Each step stands in jindu; this file says only what comes after what."""

from datetime import datetime
from typing import Any

from prefect import Flow, flow, runtime, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import Completed

from jindu.bulletin.files import write_bulletin
from jindu.checks.gate import run_gate
from jindu.night import PATIENCE, PastNightError, close_night, fail_night, open_night, record_run, step
from jindu.report.artifact import ranking_rows, summary_markdown
from jindu.returning import write_returns
from jindu.rules import load_rules_and_reference
from jindu.settings import OFFICE_TIMEZONE, Night
from jindu.site.write import write_pages
from jindu.warehouse.connection import connect
from jindu.warehouse.models import build_core, build_mart, build_readings
from jindu.warehouse.publish import publish
from jindu.workbooks.collect import collect
from jindu.workbooks.read import read


def outside_failed(_task: object, _run: object, state: State[Any]) -> bool:
    """True for what may pass by itself (disk, network); a broken promise stays broken."""
    return isinstance(state.result(raise_on_failure=False), OSError)


def moment_of(as_of: str | None, scheduled: datetime | None) -> str:
    """The night's moment: as asked, else when it was due to start, so that a run that starts late is still of 02:00."""
    return as_of or (scheduled or datetime.now()).astimezone(OFFICE_TIMEZONE).isoformat(timespec="seconds")


def record_failure(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Write the failure into our own journal and alert, whatever Prefect's server remembers."""
    asked = {"home": "", "reference": "", "as_of": None} | flow_run.parameters
    moment = moment_of(asked["as_of"], flow_run.expected_start_time)
    fail_night(asked["home"], asked["reference"], moment, error=state.result(raise_on_failure=False))


@task(cache_policy=NO_CACHE)
def load_reference(night: Night) -> None:
    step(night, "reference", lambda night, _: load_rules_and_reference(night))


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=[2, 10], retry_condition_fn=outside_failed)
def collect_files(night: Night) -> None:
    step(night, "collect", collect)


@task(cache_policy=NO_CACHE)
def read_files(night: Night) -> None:
    step(night, "read", read)


@task(cache_policy=NO_CACHE)
def arrange_readings(night: Night) -> None:
    step(night, "readings", build_readings)


@task(cache_policy=NO_CACHE, task_run_name="pass-{gate}-gate")
def pass_gate(night: Night, gate: str) -> None:
    step(night, f"gate-{gate}", lambda night, progress: run_gate(night, gate, progress))


@task(cache_policy=NO_CACHE)
def accept_data(night: Night) -> None:
    step(night, "core", build_core)


@task(cache_policy=NO_CACHE)
def compute_progress(night: Night) -> None:
    step(night, "mart", build_mart)


@task(cache_policy=NO_CACHE)
def record_night(night: Night) -> None:
    step(night, "record", record_run)


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=[2, 10], retry_condition_fn=outside_failed)
def publish_copy(night: Night) -> None:
    step(night, "publish", publish)


@task(cache_policy=NO_CACHE)
def answer_senders(night: Night) -> None:
    step(night, "returns", write_returns)


@task(cache_policy=NO_CACHE)
def issue_bulletin(night: Night) -> None:
    step(night, "bulletin", write_bulletin)


@task(cache_policy=NO_CACHE)
def show_pages(night: Night) -> None:
    step(night, "pages", write_pages)


@task(cache_policy=NO_CACHE)
def show_summary(night: Night) -> None:
    create_table_artifact(key="ranking", table=ranking_rows(night.home), description="综合排名")
    create_markdown_artifact(key="run-summary", markdown=summary_markdown(night.home), description="本次运行")


@flow(name="nightly", on_failure=[record_failure], on_crashed=[record_failure], on_cancellation=[record_failure])
def nightly(home: str = "", reference: str = "", as_of: str | None = None) -> State[Any] | None:
    """From the files in the inbox to the published database, as of one moment."""
    moment = moment_of(as_of, runtime.flow_run.scheduled_start_time)
    try:
        night = open_night(home, reference, moment, patience=PATIENCE)
    except PastNightError as error:
        if runtime.deployment.id is None:  # run by hand: the terminal says so
            raise
        return Completed(name="Refused", message=f"{error.message_zh} {error.message_en}")  # the page says why
    with connect(night.home):  # opened once for all steps; a gate lets go of it
        load_reference(night)
        collect_files(night)
        read_files(night)
        arrange_readings(night)
        pass_gate(night, "incoming")
        accept_data(night)
        pass_gate(night, "core")
        compute_progress(night)
        pass_gate(night, "mart")
        record_night(night)
        publish_copy(night)
        answer_senders(night)
        issue_bulletin(night)
        show_pages(night)
        show_summary(night)
        close_night(night)
    return None
