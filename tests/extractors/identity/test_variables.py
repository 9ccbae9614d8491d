"""Variables of the environment that an extractor asks for: part of what it is, as far as they are spelt out."""

from __future__ import annotations

import os
from os import environ, getenv

import pytest

from evalkit.extractors.identity.reach import reach

KEY = "EVALKIT_TEST_LABEL"


def item() -> str:
    return os.environ["EVALKIT_TEST_LABEL"]


def got() -> str:
    return os.environ.get("EVALKIT_TEST_LABEL", "x")


def asked() -> str | None:
    return os.getenv("EVALKIT_TEST_LABEL")


def imported() -> str:
    return environ["EVALKIT_TEST_LABEL"]


def imported_function() -> str | None:
    return getenv("EVALKIT_TEST_LABEL")


def there() -> bool:
    return "EVALKIT_TEST_LABEL" in os.environ


def there_too() -> bool:
    return "EVALKIT_TEST_LABEL" in environ


def constant() -> str:
    return os.environ[KEY]


def inside() -> list[str]:
    return [os.environ["EVALKIT_TEST_LABEL"] for _ in range(2)]


def otherwise() -> str:
    return os.environ.get("EVALKIT_TEST_LABEL", os.path.join("a", WORD + "b"))


def put() -> None:
    os.environ["EVALKIT_TEST_LABEL"] = WORD.upper()


NAMED = [item, got, asked, imported, imported_function, there, there_too, constant, inside, otherwise, put]


@pytest.mark.parametrize("function", NAMED, ids=lambda function: function.__name__)
def test_a_variable_that_is_named_counts(function: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVALKIT_TEST_LABEL", raising=False)
    absent = reach(function, "f")
    monkeypatch.setenv("EVALKIT_TEST_OTHER", "1")
    assert reach(function, "f") == absent
    told = [absent]
    for value in ("", "PER", "ORG"):
        monkeypatch.setenv("EVALKIT_TEST_LABEL", value)
        told.append(reach(function, "f"))
    assert len({one.variables for one in told}) == 4
    # It is the same extractor all the same: its run is found again.
    assert {(one.sha256, one.unread) for one in told} == {(absent.sha256, "")}


def key() -> str:
    return os.environ["EVALKIT_TEST_API_KEY"]


def test_who_pays_is_no_other_extractor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVALKIT_TEST_API_KEY", raising=False)
    before = reach(key, "f")
    monkeypatch.setenv("EVALKIT_TEST_API_KEY", "a-secret-of-mine")
    assert reach(key, "f") == before


def computed() -> str:
    return os.environ["EVALKIT_" + KEY.lower()]


def written() -> str:
    return os.environ[f"EVALKIT_{WORD}"]


def method() -> str | None:
    return os.getenv(KEY.lower())


def chosen(flag: bool) -> str | None:
    return os.getenv("EVALKIT_TEST_LABEL" if flag else "EVALKIT_TEST_OTHER")


def everything() -> dict[str, str]:
    return dict(os.environ)


def given(name: str) -> str | None:
    return os.getenv(name)


@pytest.mark.parametrize(
    "function", [computed, written, method, chosen, everything, given], ids=lambda function: function.__name__
)
def test_what_is_not_spelt_out_is_no_identity(function: object) -> None:
    assert f"the environment, of which {function.__name__} reads" in reach(function, "f").unread  # type: ignore[attr-defined]


def by_text() -> object:
    return globals()["WORD"]


WORD = "a"


def test_a_global_that_is_named_by_a_text_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = reach(by_text, "f").sha256
    monkeypatch.setitem(globals(), "WORD", "b")
    assert reach(by_text, "f").sha256 != before
