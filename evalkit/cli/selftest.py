"""`evalkit selftest`: the invariants of scoring, tried on every convention."""

from __future__ import annotations

import sys

import click

from evalkit.cli.show import Shown, form_options_with, show

__all__ = ["selftest_command"]


@click.command("selftest")
@click.option("--convention", "conventions", multiple=True, help="A convention, plugins too; by default all of them.")
@click.option("--seed", default=0, show_default=True, help="Seed of the random cases.")
@click.option("--cases", default=60, show_default=True, help="Random cases an invariant.")
@form_options_with(verdicts=True)
def selftest_command(conventions: tuple[str, ...], seed: int, cases: int, form: Shown) -> None:
    """Check that conventions keep the invariants of scoring, and show what breaks one.

    Exits with 1 if one is violated.
    """
    from evalkit.scoring.selftest import check_all

    tried = check_all(conventions, seed=seed, cases=cases)
    show(tried, form, heading=False)
    if any(check.violation is not None for check in tried):
        sys.exit(1)
