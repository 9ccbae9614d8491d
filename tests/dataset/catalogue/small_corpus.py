"""A corpus of a few lines with its entry, as the catalogue has large ones."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

TRAIN = "Ida B-person\nMoen I-person\nleft O\nRuun B-location\n. O\n\nNobody O\nspoke O\n. O\n"
TEST = "Ola B-person\nstayed O\n. O\n\nRuun B-location\nwon O\n. O\n\nIda B-person\nlost O\n. O\n"
FILES = {"data/small.train.conll": TRAIN, "data/small.test.conll": TEST}

ENTRY = """
title = "Small corpus"
about = "A few invented lines"
layers = ["entities"]
language = "en"
repository = "nobody/small"
commit = "0123456789012345678901234567890123456789"
format = "conll"
values = { document = "blank" }
limits = ["It is small."]

[articles]
train = 2
test = 3

[items]
entities = 5

[licence]
identifier = "cc-by-nc-4.0"
name = "CC BY-NC 4.0"
forbids = ["commercial use"]

[cite]
kind = "inproceedings"
key = "moen-2024"
author = "Moen, Ida and Brun, Ola"
title = "A small corpus"
booktitle = "Proceedings of Nothing"
year = 2024
pages = "1--2"

[splits]
rule = "those of its files."

[labels.entities.person]
definition = "People."

[labels.entities.location]
definition = "Places."

[labels.maps.conll4]
person = "PER"
location = "LOC"
"""


def entry_text(*, host: str = "", text: str = ENTRY) -> str:
    """The entry with its files, which a server of this machine may serve."""
    files = "".join(
        f'\n[[files]]\npath = "{path}"\nsize = {len(content.encode())}\n'
        f'sha256 = "{sha256(content.encode()).hexdigest()}"\nsplit = "{path.split(".")[1]}"\n'
        for path, content in FILES.items()
    )
    served = f'host = "{host}/{{commit}}/{{path}}"\n' if host else ""
    return served + text + files


def write_copy(folder: Path) -> None:
    """The files under the paths of the repository."""
    for path, content in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8")
