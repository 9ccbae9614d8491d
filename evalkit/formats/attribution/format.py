"""Gold of quotes as corpora and tools keep it, as formats that are read."""

from __future__ import annotations

from pathlib import Path

from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Documents
from evalkit.formats.standoff.form import standoff_format
from evalkit.options import ReadOptions

__all__ = ["BOOKNLP", "LITBANK", "PARC3", "TEI", "WEBANNOTATION"]


def _sniff_parc3(path: Path, head: bytes) -> float:
    from evalkit.formats.attribution.parc3 import parc3_certainty

    return parc3_certainty(path, head)


def _read_parc3(source: Source, options: ReadOptions) -> Documents:
    from evalkit.formats.attribution.parc3 import parc3_documents

    return parc3_documents(source, options)


def _sniff_litbank(path: Path, head: bytes) -> float:
    from evalkit.formats.attribution.litbank import litbank_certainty

    return litbank_certainty(path, head)


def _read_litbank(source: Source, options: ReadOptions) -> Documents:
    from evalkit.formats.attribution.litbank import litbank_documents

    return litbank_documents(source, options)


def _sniff_booknlp(path: Path, head: bytes) -> float:
    from evalkit.formats.attribution.booknlp import booknlp_certainty

    return booknlp_certainty(path, head)


def _read_booknlp(source: Source, options: ReadOptions) -> Documents:
    from evalkit.formats.attribution.booknlp import booknlp_documents

    return booknlp_documents(source, options)


def _sniff_tei(path: Path, head: bytes) -> float:
    from evalkit.formats.attribution.tei import tei_certainty

    return tei_certainty(path, head)


def _read_tei(source: Source, options: ReadOptions) -> Documents:
    from evalkit.formats.attribution.tei import tei_documents

    return tei_documents(source, options)


def _sniff_webannotation(path: Path, head: bytes) -> float:
    from evalkit.formats.attribution.webannotation import webannotation_certainty

    return webannotation_certainty(path, head)


def _read_webannotation(source: Source, options: ReadOptions) -> Documents:
    from evalkit.formats.attribution.webannotation import webannotation_documents

    return webannotation_documents(source, options)


PARC3 = standoff_format(
    name="parc3",
    about="attributions of PARC3: content, cue and source on the words of a treebank, in XML",
    suffixes=(".xml",),
    documents=_read_parc3,
    sniff=_sniff_parc3,
    has_offsets=False,
)

LITBANK = standoff_format(
    name="litbank",
    about="quotes, speakers and mentions of LitBank, by line and word of a text beside",
    suffixes=(".ann",),
    documents=_read_litbank,
    sniff=_sniff_litbank,
    has_offsets=False,
)

BOOKNLP = standoff_format(
    name="booknlp",
    about="quotes and entities that BookNLP found, with its words beside",
    suffixes=(".quotes",),
    documents=_read_booknlp,
    profile="litbank",
    sniff=_sniff_booknlp,
    has_offsets=False,
)

TEI = standoff_format(
    name="tei",
    about="speech and names in TEI, and in the XML of GUM",
    suffixes=(".xml",),
    documents=_read_tei,
    sniff=_sniff_tei,
    has_offsets=False,
)

WEBANNOTATION = standoff_format(
    name="webannotation",
    about="web annotations of the W3C in JSON, over texts beside",
    suffixes=(".json", ".jsonld", ".jsonl"),
    documents=_read_webannotation,
    sniff=_sniff_webannotation,
)
