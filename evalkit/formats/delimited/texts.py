"""Texts of articles that lie beside their annotations."""

from __future__ import annotations

from pathlib import Path

from evalkit.errors import FormatError, InputError

__all__ = ["named_texts"]


def named_texts(given: str) -> dict[str, str]:
    """The texts of a folder of `ID.txt`, or of a file with an id and a text in each row: by id.

    Raises:
        InputError: there is no such folder or file.
        FormatError: it holds no texts.
    """
    from evalkit.files import path_of, read_text

    path = path_of(given, "--texts must be a folder or a file")
    if path.is_dir():
        files = sorted(one for one in path.rglob("*.txt") if one.is_file())
        texts: dict[str, str] = {}
        for file in files:
            if file.stem in texts:
                raise FormatError(f"{file}: another text is called so too; texts must have names of their own")
            texts[file.stem] = read_text(file).removeprefix("\ufeff")
        if not texts:
            raise FormatError(f"{path}: holds no file ID.txt; name the folder of the texts with --texts")
        return texts
    if not path.is_file():
        raise InputError(f"{path}: is no folder or file; name the texts with --texts")
    return _of_rows(path)


def _of_rows(path: Path) -> dict[str, str]:
    from evalkit.files import read_bytes

    head = read_bytes(path)[: 1 << 12].removeprefix(b"\xef\xbb\xbf").lstrip()
    texts: dict[str, str] = {}
    for where, row in _of_json(path) if head[:1] in (b"{", b"[") else _of_table(path):
        name, text = row.get("id", row.get("article_id")), row.get("text")
        if not isinstance(name, (str, int)) or not isinstance(text, str):
            raise FormatError(f"{where}: has no 'id' and 'text'; texts are rows with both")
        if texts.setdefault(str(name), text) != text:
            raise FormatError(f"{where}: article {name!r} has another text before; keep one")
    return texts


def _of_json(path: Path) -> list[tuple[str, dict[str, object]]]:
    from evalkit.formats.native.json_rows import read_rows

    return list(read_rows(path))


def _of_table(path: Path) -> list[tuple[str, dict[str, object]]]:
    from evalkit.formats.delimited.table import plain_rows

    return [(where, dict(cells)) for where, cells in plain_rows(path)]
