"""Anybody's JSON with spans as a format: a profile says under which keys things stand."""

from __future__ import annotations

from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Documents
from evalkit.formats.standoff.form import standoff_format
from evalkit.options import ReadOptions

__all__ = ["JSON_STANDOFF"]

_NAME = "json-standoff"


def _read(source: Source, options: ReadOptions) -> Documents:
    from evalkit.formats.keyed.keys import keys_of
    from evalkit.formats.keyed.rows import documents_of_rows
    from evalkit.formats.standoff.profile import profile_table

    keys = dict(profile_table(_NAME))
    if options.profile is not None:
        keys |= profile_table(options.profile)
    if options.offsets is not None:
        keys["counting"] = options.offsets
    return documents_of_rows(source, keys_of(keys, str(options.profile or _NAME)))


JSON_STANDOFF = standoff_format(
    name=_NAME,
    about="JSON rows of a text and a list of spans, under keys that a profile names",
    suffixes=(".json", ".jsonl"),
    documents=_read,
    # Only somebody who names it, or a profile for it, has such rows: they look like anything.
    sniff=lambda path, head: 0.0,
)
