"""The collector is paused while files are read, and goes on as it was."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from evalkit.formats.collection import without_collection


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    enabled = gc.isenabled()
    yield
    (gc.enable if enabled else gc.disable)()


def test_paused_inside_and_on_again_after_an_error() -> None:
    gc.enable()

    @without_collection()
    def fails() -> None:
        raise KeyError(gc.isenabled())

    with pytest.raises(KeyError, match="False"):
        fails()
    assert gc.isenabled()


def test_what_was_off_stays_off() -> None:
    gc.disable()
    with without_collection():
        assert not gc.isenabled()
    assert not gc.isenabled()


def test_as_a_decorator() -> None:
    gc.enable()
    assert without_collection()(gc.isenabled)() is False
    assert gc.isenabled()
