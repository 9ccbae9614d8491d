"""Runs a notebook of this folder from top to bottom and writes it back with its new outputs.

python experiments/notebooks/execute.py experiments/notebooks/first_look.ipynb
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

TIMEOUT = 300


def execute(path: Path) -> Any:
    """The notebook with fresh outputs, executed in an empty folder; raises what a cell raises."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(notebook, timeout=TIMEOUT, resources={"metadata": {"path": folder}}).execute()
    for cell in notebook.cells:
        # Times and the machine's Python version would change with every execution.
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.pop("metadata", None)
            if "data" in output:
                output["metadata"] = {}
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


if __name__ == "__main__":
    import nbformat

    for name in sys.argv[1:]:
        nbformat.write(execute(Path(name)), name)
