"""`evalkit gate`: is a run worse than its baseline?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli.options import OUTPUT, PATH, given
from evalkit.cli.posts import Posts, post_options
from evalkit.cli.show import Shown, form_options_with, show
from evalkit.machine import keep_to_one_thread

if TYPE_CHECKING:
    from evalkit.gate.outcome import BaselineUpdate, GateReport

__all__ = ["gate_command"]


@click.command("gate")
@click.argument("run", type=PATH)
@click.option(
    "--baseline", required=True, type=PATH, help="The baseline file, kept in the repository, or a run folder."
)
@click.option("--rules", type=PATH, help="Rules in TOML; by default micro F1 of each task may drop by 0.01 at most.")
@click.option("--update", is_flag=True, help="Write RUN as the new baseline and say what changed.")
@click.option("--allow-failures", is_flag=True, help="With --update: take a run that failed on some articles.")
@click.option(
    "--allow-fewer", is_flag=True, help="With --update: take a run that lacks articles or layers of the baseline."
)
@click.option("--dataset", help="Where the gold is now, if not where the run found it.")
@click.option("--junit", type=OUTPUT, help="Write JUnit XML with one test case a rule to this file.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=40,
    show_default=True,
    help="How many broken, fixed, added and gone items are listed, each.",
)
@post_options("gate")
@form_options_with(verdicts=True)
def gate_command(
    run: Path,
    baseline: Path,
    rules: Path | None,
    dataset: str | None,
    update: bool,
    posts: Posts,
    form: Shown,
    **shown: Any,
) -> int:
    """Stop a change that makes extraction worse: RUN is compared with a baseline, article by article.

    Both are scored on the gold of RUN, over the articles that both have. Exit status: 0 pass, 1 regression or an
    extractor that failed on an article, 2 wrong usage or input that cannot be used, 3 cannot tell: there is a drop, but
    this gold cannot show whether it is more than noise (rules may make 3 a pass or a fail: on_unclear).
    """
    keep_to_one_thread()
    from evalkit.workflows.comparing.gate import check_gate, update_baseline

    limit: int = shown["limit"]
    allowed = {name: shown[name] for name in ("allow_failures", "allow_fewer")}
    if update:
        done = update_baseline(run, baseline, rules=rules, dataset=dataset, **allowed)
        _write(done, posts, shown)
        show(done, form, heading=False, limit=limit)
        return 0
    if odd := given(*allowed):
        raise click.UsageError(f"--{odd[0].replace('_', '-')} goes with --update")
    report = check_gate(run, baseline, rules=rules, dataset=dataset)
    _write(report, posts, shown)
    show(report, form, limit=limit)
    return report.exit_code


def _write(result: GateReport | BaselineUpdate, posts: Posts, shown: dict[str, Any]) -> None:
    """The files that were asked for: a JUnit file is one gate's."""
    posts.write(result, limit=shown["limit"])
    if shown["junit"] is not None:
        from evalkit.files import write_file
        from evalkit.report.render import render_report

        write_file(shown["junit"], render_report(result, "junit", limit=shown["limit"]))
