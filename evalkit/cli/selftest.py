"""`evalkit selftest`: the invariants of scoring, tried on every convention."""

from __future__ import annotations

import sys

import click

__all__ = ["selftest_command"]


@click.command("selftest")
@click.option("--convention", "conventions", multiple=True, help="A convention, plugins too; by default all of them.")
@click.option("--seed", default=0, show_default=True, help="Seed of the random cases.")
@click.option("--cases", default=60, show_default=True, help="Random cases an invariant.")
def selftest_command(conventions: tuple[str, ...], seed: int, cases: int) -> None:
    """Check that conventions keep the invariants of scoring, and show what breaks one.

    Exits with 1 if one is violated.
    """
    from evalkit.scoring.selftest import Check, check_all

    checks = check_all(conventions, seed=seed, cases=cases)

    def verdict(check: Check) -> str:
        if check.violation is not None:
            return "VIOLATED"
        return f"not asked: {check.excepted}" if check.excepted else "ok"

    rows = [("task", "convention", "invariant", "")] + [
        (check.task, check.convention, check.invariant, verdict(check)) for check in checks
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        click.echo("  ".join((*cells, row[3])).rstrip())
    violations = [check.violation for check in checks if check.violation is not None]
    for violation in violations:
        click.echo(f"\n{violation.task} {violation.convention}: {violation.invariant} is violated")
        click.echo(violation.message)
        click.echo(violation.example)
    if violations:
        sys.exit(1)
