"""XML of others: parsed without a document type, without entities of its own and without the network.

A document type may hold entities that unfold into gigabytes or that read a file, so whoever declares one is refused
before anything of it is read. What is refused here is never given to another parser either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from evalkit.errors import FormatError, MissingExtraError
from evalkit.origin import install_command

if TYPE_CHECKING:
    from lxml import etree

__all__ = ["not_in_xml", "parse_xml", "root_name"]

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DEEPEST = 200
"""So many elements in one another at most: those who walk through them call themselves."""


def not_in_xml(text: str) -> int:
    """The place of the first character that XML 1.0 cannot hold in any spelling; -1 if there is none."""
    found = _NOT_IN_XML.search(text)
    return -1 if found is None else found.start()


def parse_xml(
    content: bytes, where: str, *, named_type: bool = False, remedy: str = "export it again"
) -> etree._Element:
    """The root element of a document.

    Args:
        content: the document.
        where: its place, which begins a message.
        named_type: let a document type pass that declares nothing itself, as `<!DOCTYPE TEI SYSTEM "tei.dtd">`; what it
            names is not read.
        remedy: what to do, which ends a message.

    Raises:
        FormatError: it is no XML, declares a document type, or is deeper than anybody writes.
        MissingExtraError: lxml is not installed.
    """
    try:
        from lxml import etree
    except ImportError as error:
        raise MissingExtraError(f"reading XML needs lxml; install it: {install_command('formats')}") from error

    _refuse_document_type(content, where, named_type, remedy)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True, remove_comments=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise FormatError(f"{where}: not valid XML ({_said(error)}); {remedy}") from error
    if root is None:
        raise FormatError(f"{where}: holds no XML element; {remedy}")
    if root.getroottree().docinfo.doctype and not named_type:
        raise _document_type(where)
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > _DEEPEST:
            raise FormatError(f"{where}: more than {_DEEPEST} elements in one another; {remedy}")
    return root


def root_name(head: bytes) -> str:
    """The name of the root element as it is written, prefix included, by the first bytes of a file; empty if no XML."""
    found: list[str] = []

    def begin(name: str, attributes: dict[str, str]) -> None:
        found.append(name)
        raise _StoppedError

    _until_stopped(head, on_element=begin)
    return found[0] if found else ""


class _StoppedError(Exception):
    """Enough was seen."""


def _refuse_document_type(content: bytes, where: str, named_type: bool, remedy: str) -> None:
    """Looks at what stands before the first element, with a parser that is stopped there."""

    def begin(name: str, attributes: dict[str, str]) -> None:
        raise _StoppedError

    def declared(name: str, system: str | None, public: str | None, inside: int) -> None:
        if inside or not named_type:
            raise _document_type(where)

    error = _until_stopped(content, on_element=begin, on_document_type=declared)
    if error is not None:
        raise FormatError(f"{where}: not valid XML ({_said(error)}); {remedy}") from error


def _until_stopped(
    content: bytes,
    *,
    on_element: Callable[[str, dict[str, str]], Any],
    on_document_type: Callable[..., Any] | None = None,
) -> Exception | None:
    """Parses until a handler stops it; what is wrong before that, if anything is."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = on_element
    if on_document_type is not None:
        parser.StartDoctypeDeclHandler = on_document_type
    try:
        for piece in _pieces(content):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except _StoppedError:
        return None
    except (expat.ExpatError, ValueError, LookupError) as error:
        return error
    return None


def _pieces(content: bytes) -> Iterator[bytes]:
    size = 1 << 16
    return (content[start : start + size] for start in range(0, len(content), size))


def _document_type(where: str) -> FormatError:
    return FormatError(
        f"{where}: declares a document type (DOCTYPE), whose entities could unfold or read other files; nothing was "
        "read: take the DOCTYPE out, with the entities that it declares written as characters"
    )


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
