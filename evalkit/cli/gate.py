"""`evalkit gate`: is a run worse than its baseline?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli.options import PATH
from evalkit.cli.show import form_options, show

if TYPE_CHECKING:
    from evalkit.gate.outcome import GateReport

__all__ = ["gate_command"]


@click.command("gate")
@click.argument("run", type=PATH)
@click.option("--baseline", required=True, type=PATH, help="The baseline file, kept in the repository.")
@click.option("--rules", type=PATH, help="Rules in TOML; by default micro F1 of each task may not drop.")
@click.option("--update", is_flag=True, help="Write RUN as the new baseline and say what changed.")
@click.option("--dataset", help="Where the gold is now, if not where the run found it.")
@click.option("--summary", type=PATH, help="Write Markdown for a job summary or a pull request to this file.")
@click.option("--junit", type=PATH, help="Write JUnit XML with one test case a rule to this file.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=40,
    show_default=True,
    help="How many broken and how many fixed items are listed.",
)
@form_options
def gate_command(
    run: Path, baseline: Path, rules: Path | None, dataset: str | None, update: bool, form: str, **shown: Any
) -> int:
    """Stop a change that makes extraction worse: RUN is compared with a baseline, article by article.

    Exit status: 0 pass, 1 regression, 2 wrong usage or input that cannot be used, 3 cannot tell: there is a drop, but
    this gold cannot show whether it is more than noise.
    """
    from evalkit.workflows.gate import check_gate, update_baseline

    limit: int = shown["limit"]
    if update:
        done = update_baseline(run, baseline, rules=rules, dataset=dataset)
        if done.report is not None:
            _write(done.report, shown)
        show(done, form, heading=False, limit=limit)
        return 0
    report = check_gate(run, baseline, rules=rules, dataset=dataset)
    _write(report, shown)
    show(report, form, limit=limit)
    return report.exit_code


def _write(report: GateReport, shown: dict[str, Any]) -> None:
    """The files that were asked for."""
    from evalkit.files import write_file
    from evalkit.report.render import render_report

    for option, form in (("summary", "markdown"), ("junit", "junit")):
        if shown[option] is not None:
            write_file(shown[option], render_report(report, form, limit=shown["limit"]))
