"""Anybody's JSON with spans as a format: a profile says under which keys things stand."""

from __future__ import annotations

from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Documents
from evalkit.formats.standoff.form import standoff_format
from evalkit.options import ReadOptions

__all__ = ["JSON_STANDOFF"]


def _read(source: Source, options: ReadOptions) -> Documents:
    from evalkit.formats.keyed.keys import Keys, keys_of
    from evalkit.formats.keyed.rows import documents_of_rows
    from evalkit.formats.standoff.profile import profile_table

    profile = options.profile
    return documents_of_rows(source, Keys() if profile is None else keys_of(profile_table(profile), str(profile)))


JSON_STANDOFF = standoff_format(
    name="json-standoff",
    about="JSON rows of a text and a list of spans, under keys that a profile names",
    suffixes=(".json", ".jsonl"),
    documents=_read,
    # Only somebody who names it, or a profile for it, has such rows: they look like anything.
    sniff=lambda path, head: 0.0,
)
