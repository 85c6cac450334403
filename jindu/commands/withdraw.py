"""jindu withdraw: a report is taken back."""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jindu.commands.decision import decision_options, moment_of, say_recorded, say_trial, warn_of_nights
from jindu.commands.target import TargetCommand
from jindu.decisions import check_said, deciding, record
from jindu.settings import JinduError, home_folder, reference_folder
from jindu.spoken import DONE, NEEDS_PERSON, Speech, both, option

if TYPE_CHECKING:
    from jindu.submission import Received, SubmissionDesk

KIND = "withdrawal"


@click.command(
    "withdraw",
    cls=TargetCommand,
    help=both(
        "撤回一份报送：按单位、报表、月份撤回有效的那一版，或按报送编号。\n\n"
        "之前的一版重新有效；--all-versions 撤回各版。从下一夜起计入。"
        "文件仍在归档里；同样的文件再交不会重新收，要改过或另存后再交。\n\n"
        "退出码：0 完成；1 已记下，但 --at 早于已定稿的某一夜；2 未完成。",
        "Take a report back: by unit, form and month the version that counts, or by the submission's id.\n\n"
        "The version before it counts again; --all-versions takes back every one. Counts from the next night on. "
        "The file stays in the archive; the same bytes again change nothing.\n\n"
        "Exit code: 0 done; 1 recorded, but --at lies before a published night; 2 not done.",
    ),
    epilog=both(
        "  jindu withdraw 990101001001 community_monthly 2024-09 --reason 报错了单位 --by 统筹办 --dry-run"
        " --home /data/jindu",
        "  jindu --lang en withdraw 990101001001 community_monthly 2024-09 --reason 'wrong unit' --by office --dry-run"
        " --home /data/jindu",
    ),
)
@click.argument("what", metavar="UNIT FORM MONTH | SUBMISSION_ID", nargs=-1, required=True)
@option(
    "--all-versions",
    "撤回各版，不再有有效的一版。",
    "Take back every version: none counts.",
    is_flag=True,
    default=False,
)
@decision_options
@click.pass_obj
def command(  # noqa: PLR0913  (an argument per option)
    speech: Speech,
    what: tuple[str, ...],
    *,
    all_versions: bool,
    reason: str,
    by: str,
    at: str | None,
    dry_run: bool,
    home: Path | None,
    reference: Path | None,
) -> int:
    """What it does, and then the line in the journal."""
    here, moment = home_folder(home), moment_of(at)
    check_said(by, reason, moment)
    desk_of = importlib.import_module("jindu.submission").SubmissionDesk  # DuckDB and the models
    with deciding(here), desk_of(here, reference_folder(reference, here), moment) as desk:
        chosen, left = _chosen(desk, what, all_versions)
        desk.refuse_withdrawal(chosen)
        desk.refuse_empty(reason)
        for one in chosen:
            click.echo(speech.say(*_told(one)))
        click.echo(speech.say(*_left(left)))
        nights = desk.nights_after(moment)
        warn_of_nights(speech, nights)
        if dry_run:
            say_trial(speech)
            return NEEDS_PERSON if nights else DONE
        payload = {"submissions": [one.submission_id for one in chosen]}
        decision = record(here, KIND, by=by, reason=reason, payload=payload, recorded_at=moment)
    say_recorded(speech, decision.decision_id, moment)
    return NEEDS_PERSON if nights else DONE


def _chosen(desk: "SubmissionDesk", what: tuple[str, ...], every: bool) -> tuple[list["Received"], "Received | None"]:
    """What is withdrawn, and the version that counts then."""
    if len(what) == 1:
        one = desk.submission(what[0])
        if one.sender_code is None or one.form_code is None or one.report_month is None or one.version is None:
            return [one], None
        versions = desk.versions(one.sender_code, one.form_code, f"{one.report_month:%Y-%m}")
        return [one], desk.usable_after([one], versions)
    if len(what) != 3:  # unit, form, month
        raise JinduError(
            "请写单位、报表、月份三项，或只写一个报送编号。用法见 jindu withdraw --help",
            "Give unit, form and month, or one submission's id. See jindu withdraw --help",
        )
    versions = desk.versions(*what)
    counted = [one for one in versions if one.is_counted] or [one for one in versions if one.state != "rejected"]
    chosen = versions if every else (counted or versions)[:1]
    return chosen, desk.usable_after(chosen, versions)


def _told(one: "Received") -> tuple[str, str]:
    form_zh, form_en = one.form_names or (one.form_code or "?",) * 2
    unit_zh, unit_en = one.unit_names or (one.sender_code or "?",) * 2
    month = f"{one.report_month:%Y-%m}" if one.report_month else "?"
    version, arrival = one.version or "?", f"{one.received_at:%Y-%m-%d %H:%M}"
    return (
        f"撤回：{unit_zh} {month} {form_zh}第 {version} 版，{arrival} 收到，“{one.file_name}”（{one.submission_id}）",
        f"withdrawn: {unit_en}, {month}, {form_en}, version {version}, received {arrival}, {one.file_name!r} "
        f"({one.submission_id})",
    )


def _left(left: "Received | None") -> tuple[str, str]:
    if left is None:
        return "撤回后没有有效的一版，按未报计。", "No version is left that counts: it is not reported."
    return f"撤回后第 {left.version} 版有效。", f"Version {left.version} counts then."
