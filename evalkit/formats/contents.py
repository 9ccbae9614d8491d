"""What a file is by its first bytes, where it is no text that annotations are read from."""

from __future__ import annotations

import re

__all__ = ["BINARY", "other_content"]

_MAGIC = (
    (b"\x1f\x8b", "compressed with gzip; end its name in .gz, or unpack it"),
    (b"PK\x03\x04", "a zip archive; end its name in .zip, or unpack it"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xfd7zXZ\x00", "compressed with xz; end its name in .xz, or unpack it"),
    (b"BZh", "compressed with bzip2; end its name in .bz2, or unpack it"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstandard; unpack it with unzstd"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it"),
    (b"PAR1", "a Parquet file; name it .parquet, or give --format parquet"),
    (b"ARROW1", "an Arrow file; name it .arrow, or give --format arrow"),
    (b"\xff\xff\xff\xff", "an Arrow stream; name it .arrow, or give --format arrow"),
    (b"FEA1", "a Feather file of version 1; write it as version 2"),
    (b"SQLite format 3\x00", "a SQLite database; export its rows as JSON lines"),
    (b"%PDF-", "a PDF; annotations are read from JSON lines"),
    (b"\x80\x02", "a pickle, which is never loaded; write JSON lines"),
    (b"\x80\x03", "a pickle, which is never loaded; write JSON lines"),
    (b"\x80\x04", "a pickle, which is never loaded; write JSON lines"),
    (b"\x80\x05", "a pickle, which is never loaded; write JSON lines"),
    (b"\x93NUMPY", "a NumPy array; write JSON lines"),
    (b"\x89HDF\r\n", "an HDF5 file; write JSON lines"),
    (b"\xff\xfe\x00\x00", "text in UTF-32; save it as UTF-8"),
    (b"\x00\x00\xfe\xff", "text in UTF-32; save it as UTF-8"),
    (b"\xff\xfe", "text in UTF-16; save it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16; save it as UTF-8"),
    (b"version https://git-lfs", "a pointer of Git LFS and not the file itself; fetch it with git lfs pull"),
)
_MARKUP = (
    (re.compile(rb"<!doctype html|<html", re.IGNORECASE), "a web page (HTML); was an error or a login page saved?"),
    (re.compile(rb"<\?xml[^>]*>\s*<xmi:XMI|<xmi:XMI", re.IGNORECASE), "a UIMA CAS in XMI; give --format xmi"),
    (
        re.compile(rb"<\?xml|<!doctype|<[a-z][\w:.-]*[\s>/]", re.IGNORECASE),
        "XML; of its kinds TEI, PARC3 and UIMA XMI are read, for others write JSON lines",
    ),
)
_PICKLE = "a pickle, which is never loaded; write JSON lines"
BINARY = {
    **dict.fromkeys((".pickle", ".pkl", ".joblib"), _PICKLE),
}
"""What files of other tools are, by their endings."""


def other_content(head: bytes) -> str | None:
    """What a file is instead of text that annotations are read from, by its first bytes, and what to do; or None."""
    for magic, what in _MAGIC:
        if head.startswith(magic):
            return what
    if _is_utf(head, 4):
        return "text in UTF-32; save it as UTF-8"
    if _is_utf(head, 2):
        return "text in UTF-16; save it as UTF-8"
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:200]
    if b"\x00" in begin[:1]:
        return "nothing but zero bytes here; was it written to the end?"
    return next((what for pattern, what in _MARKUP if pattern.match(begin)), None)


def _is_utf(head: bytes, width: int) -> bool:
    """Whether the first letters stand in so many bytes each, as ASCII does in UTF-16 and UTF-32 without a mark."""
    for zeros in (range(1, width), range(width - 1)):
        letters = [head[at : at + width] for at in range(0, width * 4, width)]
        if all(
            len(letter) == width and [at for at, byte in enumerate(letter) if byte == 0] == list(zeros)
            for letter in letters
        ):
            return True
    return False
