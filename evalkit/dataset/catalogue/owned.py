"""What an entry says of its corpus, as the files that a dataset folder has for that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.dataset.catalogue.entry import Entry
from evalkit.dataset.labels import load_inventory
from evalkit.toml import toml_text

__all__ = ["PROFILE_FILE", "declaration_text", "labels_text", "profile_text"]

PROFILE_FILE = "profile.toml"


def profile_text(entry: Entry) -> str:
    """The profile with which its files are read; empty if it is that of the format."""
    return toml_text(entry.profile) if entry.profile else ""


def labels_text(entry: Entry) -> str:
    """The `labels.toml` of a corpus; empty if the entry defines no label.

    A map that is called like one of the bundled gold goes on with the lines of that, so that it takes the labels of the
    corpus and those that models use to the same ones.
    """
    if not entry.labels:
        return ""
    bundled = load_inventory().maps
    tables: dict[str, Any] = dict(entry.labels)
    maps: dict[str, Any] = {}
    for name, mapping in entry.labels.get("maps", {}).items():
        if name in bundled and "map" not in mapping:
            usual = bundled[name].mapping.items()
            # Letter case tells a label of the corpus from one that models use: `gpe` of one is not `GPE` of the others.
            mapping = {**mapping, **{label: False if to is None else to for label, to in usual if label not in mapping}}
        maps[name] = mapping
    return toml_text({**tables, "maps": maps} if maps else tables)


def declaration_text(entry: Entry) -> str:
    """The `dataset.toml` of a corpus: what its authors say of it, how it is cited, and what its licence forbids."""
    source = [
        entry.source,
        f"Taken from <{entry.address}>.",
        f"To be cited: {entry.cite}",
        f"```bibtex\n{entry.cite.bibtex}\n```",
    ]
    declared = {
        "title": entry.title,
        "about": entry.about,
        "licence": entry.licence.identifier,
        "source": "\n\n".join(filter(None, source)),
        "annotators": entry.annotators,
        "limits": list(_limits(entry)),
    }
    tables: dict[str, Any] = {key: value for key, value in declared.items() if value}
    return toml_text({**tables, "scope": entry.scope} if entry.scope else tables)


def _limits(entry: Entry) -> Iterator[str]:
    for what in entry.licence.forbids:
        yield f"The licence ({entry.licence.name}) forbids {what}."
    if entry.licence.notes:
        yield entry.licence.notes
    if entry.splits.rule:
        yield f"Splits: {entry.splits.rule}"
    yield from entry.limits
