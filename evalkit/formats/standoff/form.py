"""The format of an annotation tool, made of a reader and a writer of its documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from evalkit.formats.base import Batch, Format, Sniffer, Source
from evalkit.formats.standoff.document import Document, Documents, Holds
from evalkit.options import ReadOptions

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
        has_offsets: whether its files hold offsets.
        keeps_splits: whether what is written keeps the split of each article.
    """
    own_profile = profile or name

    def read(source: Source, read_options: ReadOptions) -> Batch:
        from evalkit.formats.standoff.decode import decode
        from evalkit.formats.standoff.profile import load_profile

        named = read_options.profile is not None
        meaning = load_profile(
            read_options.profile if read_options.profile is not None else own_profile, fallback=not named
        )
        return decode(documents(source, read_options), meaning, source, named=named, annotator=read_options.annotator)

    return Format(
        name=name,
        about=about,
        suffixes=suffixes,
        read=read,
        sniff=sniff,
        options=options or {},
        has_offsets=has_offsets,
        keeps_splits=keeps_splits,
        keeps_readings=holds.readings,
        documents=documents,
        profile=own_profile,
    )
