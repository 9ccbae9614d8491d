"""The shell steps of an action or a workflow, run as a build would run them, as far as one machine can."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


def loaded(path: Path) -> Any:
    """A file of GitHub; `on` is no truth value there."""
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)


@dataclass
class Build:
    """What a job knows: its variables, and the values that expressions such as `steps.run.outputs.place` have."""

    folder: Path
    variables: Mapping[str, str]
    values: dict[str, str] = field(default_factory=dict)
    said: str = ""

    def value(self, text: str) -> str:
        return _EXPRESSION.sub(lambda found: self.values.get(found[1], ""), text)

    def step(self, step: Mapping[str, Any]) -> int:
        """Runs a step and keeps its outputs; the exit status."""
        outputs = self.folder / "outputs.txt"
        outputs.write_text("")
        environment = {name: self.value(value) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder / self.value(step.get("working-directory", ".")),
            env=self.environment | environment | {"GITHUB_OUTPUT": str(outputs)},
            capture_output=True,
            text=True,
            check=False,
        )
        self.said += done.stdout + done.stderr
        for name, value in (row.split("=", 1) for row in outputs.read_text().splitlines()):
            self.values[f"steps.{step['id']}.outputs.{name}"] = value
        return done.returncode

    @property
    def environment(self) -> dict[str, str]:
        """Of the machine what a program needs, and what the build says."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "EVALKIT_CACHE") if name in os.environ}
        programs = self.folder.parent / "programs"
        programs.mkdir(exist_ok=True)
        program = programs / "evalkit"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m evalkit "$@"\n')
        program.chmod(0o755)
        return kept | {"PYTHONPATH": str(ROOT), "PATH": f"{programs}:{kept['PATH']}"} | dict(self.variables)
