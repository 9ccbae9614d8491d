"""Damaged files and answers: each is read, or refused in one line, and soon; see `tests.mutations`."""

from __future__ import annotations

import pytest

from tests.mutations import Reader, faults_of, readers

NUMBER = 25
DEAR = {"kept": 4, "score": 6, "saved": 12}
"""How many are tried of each reader, and of those that take longer."""
NAMES = (
    *("answer", "base.json", "checkpoint", "declaration", "gold", "label map", "labels", "model", "predicted"),
    *(
        "predictions.jsonl",
        "prompt",
        "reply",
        "result.json",
        "rules",
        "run.json",
        "validated",
        "weights",
        "--",
        "saved",
        "kept",
        "score",
    ),
)
"""How the names of all readers begin."""


@pytest.fixture(scope="module")
def every_reader(tmp_path_factory: pytest.TempPathFactory) -> list[Reader]:
    found = readers(tmp_path_factory.mktemp("readers"))
    assert all(reader.name.startswith(NAMES) for reader in found)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_damage_is_refused_in_one_line(every_reader: list[Reader], name: str) -> None:
    chosen = [reader for reader in every_reader if reader.name.startswith(name)]
    assert chosen
    for reader in chosen:
        reader.try_(reader.content)
        found = [
            f"{fault.number}: {fault.said} {fault.content[:300]!r}"
            for fault in faults_of(reader, range(DEAR.get(name, NUMBER)))
        ]
        assert not found, f"{reader.name}: see python -m tests.mutations --help\n" + "\n".join(found[:5])


def test_what_is_no_error_of_ours_is_a_fault() -> None:
    def read(content: bytes) -> object:
        return content.decode("ascii")

    (fault,) = faults_of(Reader("ascii", None, b"a", read), [number_of_a_flip(b"a")])
    assert fault.said.startswith("UnicodeDecodeError")


def number_of_a_flip(content: bytes) -> int:
    """The first number whose damage is no ASCII."""
    import random

    from tests.mutations import mutated

    return next(n for n in range(999) if max(mutated(content, random.Random(f"0 ascii {n}")), default=0) > 127)
