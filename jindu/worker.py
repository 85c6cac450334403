"""The worker of `jindu serve`: waits for the server, deploys, takes up what a dead one left, becomes Prefect's own.

Nothing here imports Prefect: it is spoken to by its command and its API.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from jindu.night import give_up_night
from jindu.prefect_server import answers, opener
from jindu.settings import PROJECT_ROOT, home_folder

POOL, NIGHT = "jindu", "nightly"  # prefect.yaml
CALLER = "jindu-guard"  # the block by which the server calls jindu/guard.py
NOT_FOUND = 404
LOOK_AGAIN = 0.5  # seconds
TRIES = 3  # of one night whose worker dies under it
LEFT = {"flow_runs": {"state": {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING"]}}},
        "work_pools": {"name": {"any_": [POOL]}}}  # fmt: skip


def main() -> None:
    """Become the worker; a deployment that fails ends this, and the supervisor tries again."""
    api_url = os.environ["PREFECT_API_URL"]
    while not answers(api_url):
        time.sleep(LOOK_AGAIN)
    folder = home_folder(None).prefect
    deploy(api_url, folder / "deployed", os.environ.get("JINDU_SERVE", ""))
    take_up(api_url)
    os.environ["TMPDIR"] = str(empty(folder / "tmp"))  # in a shared one another user's Prefect may have been first
    command = ["worker", "start", "--pool", POOL, "--type", "process", "--name", POOL, "--limit", "1"]
    os.execv(sys.executable, [sys.executable, "-m", "prefect", *command])


def empty(folder: Path) -> Path:
    """The folder, without what a dead worker left in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def deploy(api_url: str, mark: Path, serve: str) -> None:
    """Bring the server's deployments up to prefect.yaml, once for each start of `jindu serve`."""
    if mark.exists() and mark.read_text(encoding="utf-8") == serve:
        return
    try:
        _ask(api_url, "GET", f"/work_pools/{POOL}")
    except urllib.error.HTTPError as error:
        if error.code != NOT_FOUND:
            raise
        _prefect("work-pool", "create", POOL, "--type", "process")
    _prefect("deploy", "--all")
    if guard := os.environ.get("JINDU_GUARD"):
        automate(api_url, guard)
    mark.write_text(serve, encoding="utf-8")


def automate(api_url: str, guard: str) -> None:
    """Have the server call the guard by the automations of automations.yaml; those of an earlier start are replaced."""
    caller = _caller(api_url, guard)
    automations = yaml.safe_load((PROJECT_ROOT / "automations.yaml").read_text(encoding="utf-8"))["automations"]
    for one in automations:
        words = f"{one.pop('call')} {{{{ labels['prefect.resource.id'] }}}}"  # for_each: the flow run
        one["actions"] = [{"type": "call-webhook", "block_document_id": caller, "payload": words}]
        for old in _ask(api_url, "POST", "/automations/filter", {"automations": {"name": {"any_": [one["name"]]}}}):
            _ask(api_url, "DELETE", f"/automations/{old['id']}")
        _ask(api_url, "POST", "/automations/", one)


def _caller(api_url: str, guard: str) -> str:
    """The id of the webhook block that calls the guard; its address changes with each start."""
    kind = _ask(api_url, "GET", "/block_types/slug/webhook")["id"]
    wanted = {"block_schemas": {"block_type_id": {"any_": [kind]}}, "limit": 1}
    [shape] = _ask(api_url, "POST", "/block_schemas/filter", wanted)
    said = {"data": {"method": "POST", "url": guard}, "block_schema_id": shape["id"]}
    asked = {"block_documents": {"name": {"any_": [CALLER]}}}
    for old in _ask(api_url, "POST", "/block_documents/filter", asked):
        _ask(api_url, "PATCH", f"/block_documents/{old['id']}", said)
        return str(old["id"])
    return str(_ask(api_url, "POST", "/block_documents/", said | {"name": CALLER, "block_type_id": kind})["id"])


def take_up(api_url: str) -> None:
    """Schedule anew what still says that it runs: its process died with the worker before this, or with the machine.

    A night keeps the moment that it was due: it is the same night. One that was cancelled, or tried too often, ends;
    of the latter the office is told.
    """
    for run in _ask(api_url, "POST", "/flow_runs/filter", LEFT):
        if run["state_type"] == "CANCELLING":
            state: dict[str, Any] = {"type": "CANCELLED", "message": "The worker ended while this was being cancelled."}
        elif run["run_count"] >= TRIES:
            if _ask(api_url, "GET", f"/flows/{run['flow_id']}")["name"] == NIGHT:
                asked = {"home": "", "reference": "", "as_of": None} | run["parameters"]
                due = datetime.fromisoformat(run["expected_start_time"]).isoformat(timespec="seconds")
                give_up_night(asked["home"], asked["reference"], asked["as_of"] or due, run["run_count"])
            state = {"type": "CRASHED", "message": f"The worker died under it {run['run_count']} times."}
        else:
            state = {
                "type": "SCHEDULED",
                "name": "AwaitingRetry",
                "message": "The worker died under it; taken up again.",
                "state_details": {"scheduled_time": datetime.now(UTC).isoformat()},
            }
        print(f"{run['name']}: {run['state_type']} → {state['type']}")
        _ask(api_url, "POST", f"/flow_runs/{run['id']}/set_state", {"state": state, "force": True})


def _prefect(*arguments: str) -> None:
    command = [sys.executable, "-m", "prefect", "--no-prompt", *arguments]
    subprocess.run(command, cwd=PROJECT_ROOT, check=True, stdin=subprocess.DEVNULL)


def _ask(api_url: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    request = urllib.request.Request(
        api_url + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with opener().open(request, timeout=30) as response:
        answer = response.read()
    return json.loads(answer) if answer else None


if __name__ == "__main__":
    main()
