"""`evalkit gate`: is a run worse than its baseline?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli.options import PATH

if TYPE_CHECKING:
    from evalkit.gate.verdict import GateReport
    from evalkit.workflows.gating import BaselineUpdate

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
@click.option("--json", "as_json", is_flag=True, help="Write JSON to standard output and nothing else.")
def gate_command(
    run: Path,
    baseline: Path,
    rules: Path | None,
    update: bool,
    dataset: str | None,
    summary: Path | None,
    junit: Path | None,
    limit: int,
    as_json: bool,
) -> int:
    """Stop a change that makes extraction worse: RUN is compared with a baseline, article by article.

    Exit status: 0 pass, 1 regression, 2 wrong usage or input that cannot be used, 3 cannot tell: there is a drop, but
    this gold cannot show whether it is more than noise.
    """
    from evalkit.workflows.gating import check_gate, update_baseline

    if update:
        done = update_baseline(run, baseline, rules=rules, dataset=dataset)
        if done.report is not None:
            _write(done.report, summary, junit, limit)
        _show_update(done, baseline, limit, as_json)
        return 0
    report = check_gate(run, baseline, rules=rules, dataset=dataset)
    _write(report, summary, junit, limit)
    if as_json:
        _echo_json(report.to_json())
        return report.exit_code
    _show(report, limit)
    return report.exit_code


def _write(report: GateReport, summary: Path | None, junit: Path | None, limit: int) -> None:
    from evalkit.files import write_file

    if summary is not None:
        from evalkit.report.gate_markdown import gate_markdown

        write_file(summary, gate_markdown(report, limit=limit).encode())
    if junit is not None:
        from evalkit.report.gate_junit import gate_junit

        write_file(junit, gate_junit(report))


def _echo_json(value: dict[str, Any]) -> None:
    from evalkit.files import json_bytes

    click.echo(json_bytes(value).decode(), nl=False)


def _show(report: GateReport, limit: int) -> None:
    from rich.console import Console

    from evalkit.report.gate_terminal import print_gate

    print_gate(report, Console(highlight=False), limit=limit)


def _show_update(done: BaselineUpdate, path: Path, limit: int, as_json: bool) -> None:
    if as_json:
        _echo_json(
            {
                "format": "evalkit.baseline_update",
                "version": 1,
                "baseline": str(path),
                "changed": list(done.changed),
                "gate": None if done.report is None else done.report.to_json(),
            }
        )
        return
    if done.report is not None and done.changed:
        _show(done.report, limit)
    for line in done.changed or ("nothing has changed",):
        click.echo(line)
    click.echo(f"written to {path}")
