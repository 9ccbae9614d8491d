"""`evalkit merge`: the shards of a run become the run."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.options import PATH
from evalkit.cli.show import TERMINAL, Shown, form_options_with, say, show, status_of, write
from evalkit.showing import number_of

__all__ = ["TEMPLATES", "merge_command"]

TEMPLATES = {
    "slurm": """\
#!/bin/bash
#SBATCH --job-name=evalkit
#SBATCH --array=0-15
#SBATCH --cpus-per-task=1
#SBATCH --requeue
# As many shards as the array has tasks; a task that is killed and queued again goes on where it was.
SHARDS=16
I=$((SLURM_ARRAY_TASK_ID + 1))
evalkit run --model MODEL --dataset GOLD --shard "$I/$SHARDS" --out "shards/$I"

# Once all are done, on one machine (sbatch --dependency=afterok:JOB):
#   evalkit merge shards --out runs/whole
""",
    "kubernetes": """\
apiVersion: batch/v1
kind: Job
metadata:
  name: evalkit
spec:
  completionMode: Indexed
  completions: 16
  parallelism: 16
  # A pod that is lost is started again and goes on where it was.
  backoffLimitPerIndex: 5
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: shard
          image: IMAGE
          command: ["/bin/sh", "-c"]
          args:
            - |
              I=$((JOB_COMPLETION_INDEX + 1))
              exec evalkit run --model MODEL --dataset GOLD --shard "$I/16" --out "/work/shards/$I"
          volumeMounts:
            - {name: work, mountPath: /work}
      volumes:
        - name: work
          persistentVolumeClaim: {claimName: CLAIM}
# Once all are done, in a pod with the same volume:
#   evalkit merge /work/shards --out /work/runs/whole
""",
    "shell": """\
#!/bin/sh
# Four at a time on this machine; run it again to go on with what was killed.
SHARDS=16
seq "$SHARDS" | xargs -P 4 -I{} evalkit run --model MODEL --dataset GOLD --shard "{}/$SHARDS" --out "shards/{}" &&
  evalkit merge shards --out runs/whole
""",
}
"""What runs the shards of a run → a script for it."""


@click.command("merge")
@click.argument("shards", metavar="SHARD...", nargs=-1, type=PATH)
@click.option("--out", type=PATH, help="The run folder; runs/NAME-KEY by default, as of the run that was not divided.")
@click.option("--dataset", help="Where the gold is now, if not where the shards found it.")
@click.option(
    "--partial",
    is_flag=True,
    help="Merge the shards that are finished; the result says what share of the articles that is.",
)
@click.option(
    "--template",
    type=click.Choice(tuple(TEMPLATES)),
    help="In place of all else: print a script that runs 16 shards and merges them.",
)
@form_options_with(charts=True)
def merge_command(
    shards: tuple[Path, ...], out: Path | None, dataset: str | None, partial: bool, template: str | None, form: Shown
) -> int:
    """Make one run of its SHARDs, scored as it would have been had one machine made it: the same bytes.

    Give the folders that `evalkit run --shard I/N` wrote, or a folder that holds them. Shards that are missing, there
    twice, not finished, changed, or of another run (other gold, model, settings, versions) are refused by name, all at
    once. The same command finishes a merge that was interrupted.
    """
    if template is not None:
        write(TEMPLATES[template])
        return 0
    if not shards:
        raise click.UsageError("name the folders of the shards, or a folder that holds them")
    from evalkit.workflows.running.merge import merge_runs

    run = merge_runs(shards, out=out, dataset=dataset, partial=partial)
    gold, merged = run.gold, run.merged
    shown = run if run.result is None else run.result
    if form.form != TERMINAL or gold is None or merged is None:
        show(shown, form, heading=False)
        return status_of(run.shortfall)
    of = number_of(len(merged.shards), "shard")
    say(f"{run.extractor} on {gold.name}, split {gold.split}: {number_of(gold.articles, 'article')} of {of}")
    say("")
    show(shown, form, heading=False)
    say(f"written to {run.path}")
    return status_of(run.shortfall)
