"""`evalkit dataset patch`: makes the changes of a patch in a dataset folder."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.options import PATH
from evalkit.cli.show import Shown, form_options, show

__all__ = ["patch_command"]


@click.command("patch")
@click.argument("folder", type=PATH)
@click.argument("patch", type=PATH)
@click.option("--dry-run", is_flag=True, help="Show what would become of the gold, and write nothing.")
@click.option("--limit", type=click.IntRange(min=0), default=100, show_default=True, help="Show so many; 0 for all.")
@form_options
def patch_command(folder: Path, patch: Path, dry_run: bool, limit: int, form: Shown) -> None:
    """Make the changes of PATCH in the gold of a dataset folder, all or none of them, and its card anew.

    PATCH is what 'dataset diff --json' or 'dataset suspects --patch' wrote. A change that starts from something else
    than is there is refused, with its article and item. Readings, texts and splits stay as they are.
    """
    from evalkit.workflows.curating.patch import patch_dataset

    show(patch_dataset(folder, patch, dry_run=dry_run), form, limit=limit)
