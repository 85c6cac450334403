"""jindu expectations: whether the rules' files are sound, without a night."""

import importlib

import click

from jindu.shown import word
from jindu.spoken import DONE, NEEDS_PERSON, Speech, SpokenCommand, both, language_option
from jindu.steps import title


@click.command(
    "expectations",
    cls=SpokenCommand,
    help=both(
        "核对 expectations/ 里的规则文件：哪一个文件、哪一行、有什么错；没有错则列出各关有几条规则、容许什么缺陷。\n\n"
        "可以、却未必是本意的（如界限改了、说明里的数没改）作为提醒列出，夜间任务照常。\n\n"
        "退出码：0 没有错；1 有提醒；2 有错，夜间任务不会开始。",
        "Check the rules' files in expectations/: which file, which line, what is wrong; else how many rules each gate "
        "has and which known flaws are tolerated.\n\n"
        "What is allowed and hardly meant (a limit changed without the number in its message) is told; nights go on."
        "\n\n"
        "Exit code: 0 sound; 1 something is doubtful; 2 not sound, and no night would begin.",
    ),
    epilog=both("  jindu expectations", "  jindu --lang en expectations"),
)
@language_option
@click.pass_obj
def command(speech: Speech) -> int:
    """All faults at once, or what there is."""
    rules = importlib.import_module("jindu.rules")  # DuckDB and the models
    files = rules.check_expectations()
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
    doubts = rules.doubts(files)
    for doubt in doubts:
        click.echo(
            speech.say(
                f"提醒 {doubt.path.name} 第 {doubt.line} 行：{doubt.message_zh}",
                f"doubtful: {doubt.path.name}, line {doubt.line}: {doubt.message_en}",
            )
        )
    click.echo(speech.say("规则文件没有问题。", "The rules' files are sound."))
    return NEEDS_PERSON if doubts else DONE
