"""The format of an annotation tool, made of a reader and a writer of its documents."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.formats.base import Batch, Format, Losses, Sniffer, Source
from evalkit.formats.standoff.document import Document, Documents, Holds
from evalkit.options import ReadOptions

if TYPE_CHECKING:
    from evalkit.formats.standoff.profile import Profile

__all__ = ["standoff_format"]

_ALL = Holds()


def standoff_format(
    *,
    name: str,
    about: str,
    suffixes: tuple[str, ...],
    documents: Callable[[Source, ReadOptions], Documents],
    write_documents: Callable[[Sequence[Document], Path, ReadOptions], None] | None = None,
    holds: Holds = _ALL,
    beyond: Callable[[Document], Mapping[str, str]] | None = None,
    profile: str | None = None,
    sniff: Sniffer | None = None,
    options: Mapping[str, str] | None = None,
    has_offsets: bool = True,
    keeps_splits: bool = False,
    tells_answers: bool = False,
) -> Format:
    """A format whose files hold texts with marks; what the marks mean is said by a profile.

    Args:
        name: how the format is called.
        about: what it is, in one line.
        suffixes: endings of its files.
        documents: reads the documents of a file. Damage of a part is among its problems.
        write_documents: writes them to a new file or folder; None if the tool's files are only read.
        holds: what its files can hold; what they cannot is a loss.
        beyond: the marks of a document that its files cannot hold although `holds` allows for them, such as one whose
            edge is inside a word: mark → the kind of loss.
        profile: the name of the profile that says what its marks mean, if nobody names another; that of the format by
            default, and `default` if there is none of that name.
        sniff: how sure it is that a file is its own.
        options: settings that reading and writing know, with their help.
        has_offsets: whether its files hold offsets; then `documents` proves them, and heeds `ReadOptions.offsets`.
        keeps_splits: whether what is written keeps the split of each article.
        tells_answers: whether its files tell what somebody answered from what was suggested.
    """
    own_profile = profile or name

    def read(source: Source, given: ReadOptions) -> Batch:
        from evalkit.formats.standoff.decode import decode

        meaning, named = _meaning(given, own_profile)
        with _without_collector():
            return decode(documents(source, given), meaning, source, named=named, annotator=given.annotator)

    def write(batch: Batch, target: Path, given: ReadOptions) -> Losses:
        from evalkit.formats.standoff.encode import encode

        encoded = encode(batch, _meaning(given, own_profile)[0], holds, beyond)
        if write_documents is not None:
            write_documents(encoded.documents, target, given)
        return encoded.losses

    return Format(
        name=name,
        about=about,
        suffixes=suffixes,
        read=read,
        write=None if write_documents is None else write,
        sniff=sniff,
        options=options or {},
        has_offsets=has_offsets,
        proves_offsets=has_offsets,
        keeps_splits=keeps_splits,
        tells_answers=tells_answers,
        keeps_readings=holds.readings,
        documents=documents,
        profile=own_profile,
    )


@contextmanager
def _without_collector() -> Iterator[None]:
    """Does not look for objects that refer to each other: none is made, and looking takes longer than reading."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _meaning(options: ReadOptions, own_profile: str) -> tuple[Profile, bool]:
    """The profile that says what marks mean, and whether the user named it."""
    from evalkit.formats.standoff.profile import load_profile

    named = options.profile is not None
    return load_profile(own_profile if options.profile is None else options.profile, fallback=not named), named
