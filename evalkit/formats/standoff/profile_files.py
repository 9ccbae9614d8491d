"""Where the profiles that evalkit brings are; help lists them, and must not wait for what reads them."""

from __future__ import annotations

from pathlib import Path

__all__ = ["PROFILES", "profile_names"]

PROFILES = Path(__file__).parent.parent / "profiles"


def profile_names() -> list[str]:
    """The profiles that evalkit brings, by name."""
    return sorted(path.stem for path in PROFILES.glob("*.toml"))
