"""jindu expectations: whether the rules' files are sound, without a night."""

import importlib

import click

from jindu.report.steps import title
from jindu.shown import word
from jindu.spoken import DONE, Speech, SpokenCommand, both, language_option


@click.command(
    "expectations",
    cls=SpokenCommand,
    help=both(
        "核对 expectations/ 里的规则文件：哪一个文件、哪一行、有什么错；没有错则列出各关有几条规则、容许什么缺陷。\n\n"
        "退出码：0 没有错；2 有错，夜间任务不会开始。",
        "Check the rules' files in expectations/: which file, which line, what is wrong; else how many rules each gate "
        "has and which known flaws are tolerated.\n\n"
        "Exit code: 0 sound; 2 not, and no night would begin.",
    ),
    epilog=both("  jindu expectations", "  jindu --lang en expectations"),
)
@language_option
@click.pass_obj
def command(speech: Speech) -> int:
    """All faults at once, or what there is."""
    files = importlib.import_module("jindu.rules").check_expectations()  # DuckDB and the models
    for file in files:
        counts = {
            severity: sum(rule.severity == severity for rule in file.expectations)
            for severity in ("critical", "warning", "information")
        }
        gate = title(f"gate-{file.gate}", speech.lang)
        told = speech.say("，", ", ").join(
            f"{word('finding', 'severity', severity, speech.lang)} {count}" for severity, count in counts.items()
        )
        click.echo(
            speech.say(
                f"{gate} {file.path.name}：{len(file.expectations)} 条（{told}）",
                f"{gate}, {file.path.name}: {len(file.expectations)} ({told})",
            )
        )
        for rule in file.expectations:
            if rule.tolerated_count:
                click.echo(
                    speech.say(
                        f"  已知缺陷 {rule.code}：至多 {rule.tolerated_count} 处，{rule.tolerated_reason}",
                        f"  known flaw {rule.code}: at most {rule.tolerated_count}, {rule.tolerated_reason}",
                    )
                )
    click.echo(speech.say("规则文件没有问题。", "The rules' files are sound."))
    return DONE
