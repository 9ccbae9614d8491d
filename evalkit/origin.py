"""Where this evalkit came from, and what pip is told to install it or an extra of it from there.

On the public package index `evalkit` is somebody else's package, so pip is never given the name alone.
"""

from __future__ import annotations

import json
import shlex
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = ["NOT_BY_NAME", "address", "install_command"]

NOT_BY_NAME = "on the public package index evalkit is somebody else's package"


def address() -> str:
    """The address that an installer took this evalkit from, as pip takes it; empty if it lies in a repository."""
    if _checkout() is not None:
        return ""
    try:
        told = json.loads(metadata.distribution("evalkit").read_text("direct_url.json") or "{}")
        return _address(told)
    except (metadata.PackageNotFoundError, AttributeError, KeyError, TypeError, ValueError):
        return ""


def install_command(extra: str = "", options: str = "") -> str:
    """The command that installs this evalkit again from where it came from.

    Args:
        extra: an extra that comes with it.
        options: more options of pip.
    """
    extras = f"[{extra}]" if extra else ""
    words = " ".join(filter(None, ("pip install", options)))
    if (folder := _checkout()) is not None:
        return f"{words} -e {shlex.quote(f'{folder}{extras}')}"
    if where := address():
        return f"{words} {shlex.quote(f'evalkit{extras} @ {where}')}"
    return f"{words} {shlex.quote(f'.{extras}')} in a copy of the repository of evalkit"


def _checkout() -> Path | None:
    """The repository that this code lies in; None if it is a copy that an installer made."""
    folder = Path(__file__).resolve().parents[1]
    return folder if (folder / "pyproject.toml").is_file() and (folder / "evalkit").is_dir() else None


def _address(told: dict[str, Any]) -> str:
    """What stands in direct_url.json, on one line: https://packaging.python.org/specifications/direct-url."""
    below = f"#subdirectory={told['subdirectory']}" if "subdirectory" in told else ""
    version = told.get("vcs_info")
    return f"{version['vcs']}+{told['url']}@{version['commit_id']}{below}" if version else f"{told['url']}{below}"
