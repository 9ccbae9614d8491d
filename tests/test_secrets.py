"""Secrets in what is shown and stored: told by a name, found in any form, and nothing else is touched."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from evalkit import secrets
from evalkit.errors import InputError, describe_error
from evalkit.extractors.base import ArticleFailure
from evalkit.predictions.batches import Job, predict_batch
from evalkit.records import Article
from evalkit.secrets import is_secret, redacted, redacted_command, remember_from, without_secrets

KEY = "sk-invented/0123+456789éabcdef"


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIP_API_KEY", KEY)
    monkeypatch.setattr(secrets, "_given", {})


@pytest.mark.parametrize(
    "name",
    ["KEY", "api_key", "apiKey", "OPENAIKEY", "S3_KEY_2", "GITHUB_TOKEN", "client-secret", "PGPASSWORD", "db.passwd"],
)
def test_names_of_secrets(name: str):
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "MONKEY",
        "KEYBOARD",
        "TOKENIZERS_PARALLELISM",
        "MAX_TOKENS",
        "max-new-tokens",
        "token_column",
        "KEY_FILE",
        "SECRETARY",
    ],
)
def test_harmless_names(name: str):
    assert not is_secret(name)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(KEY, id="as it is"),
        pytest.param(KEY[3:14], id="a part"),
        pytest.param(json.dumps(KEY), id="JSON"),
        pytest.param(quote(KEY, safe=""), id="in an address"),
        *[
            pytest.param(base64.b64encode(b"user"[:before] + KEY.encode()).decode(), id=f"base64 behind {before}")
            for before in range(4)
        ],
        pytest.param(base64.urlsafe_b64encode(KEY.encode()).decode(), id="base64 of addresses"),
    ],
)
def test_every_form_of_a_secret_is_found(written: str):
    shown = redacted(f"refused: <{written}>, check it")
    assert "[SHIP_API_KEY]" in shown
    assert shown.startswith("refused: <")
    assert shown.endswith(">, check it")
    assert not any(KEY[at : at + 8] in shown for at in range(len(KEY) - 7))


def test_short_parts_stay():
    assert redacted(f"begins with {KEY[:7]}") == f"begins with {KEY[:7]}"


@pytest.mark.parametrize(
    "value", ["short", "4000000000", "true", "disabled", "/tmp/key.pem", "~/key.pem", "https://login.example/token"]
)
def test_plain_values_do_not_make_messages_unreadable(value: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SHIP_SECRET", value)
    message = f"seen {value} in short, true, disabled, /tmp/other, https://login.example/x and 40000000001"
    assert redacted(message) == message


def test_addresses_options_and_headers():
    said = "POST https://me:pw@host/x?api_key=abc&page=2 with --token abc and Authorization: Bearer abcdefgh"
    hidden = (
        "POST https://[password]@host/x?api_key=[api_key]&page=2 with --token [token] and Authorization: Bearer [key]"
    )
    assert redacted(said) == hidden
    assert redacted(hidden) == hidden


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ('{"api_key": "ab", "token": "Ida", "x": 1}', '{"api_key": "[api_key]", "token": "Ida", "x": 1}'),
        ("{'DB_PASSWORD': 'ab'}", "{'DB_PASSWORD': '[DB_PASSWORD]'}"),
        ("Basic dXNlcjpwdzE=, basic authentication failed", "Basic [key], basic authentication failed"),
    ],
)
def test_members_and_headers(said: str, shown: str):
    assert redacted(said) == shown


def test_what_many_texts_have_is_no_part_of_a_secret(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SHIP_CREDENTIALS_KEY", '{"uri": "https://auth.example/x", "        ": "--------"}')
    assert redacted("https://host/ -------- ok") == "https://host/ -------- ok"
    assert redacted("https://auth.example/y") == "h[SHIP_CREDENTIALS_KEY]y"


def test_what_an_extractor_was_given_is_known_from_then_on():
    remember_from("http://me:hunter-two@host/x?token=tick-tock-tick", {"api_key": "open-sesame", "device": "processor"})
    said = "hunter-two tick-tock-tick open-sesame processor"
    assert redacted(said) == "[password] [token] [api_key] processor"


def test_settings_and_commands_by_name():
    given = {"api_key": "sk-1", "base-url": "https://me:pw@host/v1", "max_tokens": "400"}
    shown = {"api_key": "[api_key]", "base-url": "https://[password]@host/v1", "max_tokens": "400"}
    assert without_secrets(given) == shown
    words = ["evalkit", "--model", "cmd:tag --api-key ab", "--set", "token=ab", "--password", "pw", "--max-tokens", "9"]
    hidden = ["evalkit", "--model", "cmd:tag --api-key [api-key]", "--set", "token=[token]", "--password", "[password]"]
    assert redacted_command(words) == [*hidden, "--max-tokens", "9"]


# The sinks.


class Quotes:
    """An extractor whose error quotes the key."""

    name, layers = "quotes", ("entities",)

    def fingerprint(self) -> str:
        return "1"

    def extract(self, articles: list[Article]) -> list[ArticleFailure]:
        if articles[0].id == "told":
            return [ArticleFailure(f"no access with {KEY}")]
        raise PermissionError(f"no access with {KEY}")


@pytest.mark.parametrize("name", ["told", "raised"])
def test_errors_of_articles(name: str):
    (prediction,) = predict_batch(Quotes(), ("entities",), [Job(Article(id=name, text="Moen"))])
    assert prediction.error is not None
    assert "no access with [SHIP_API_KEY]" in prediction.error


def test_errors_of_evalkit_and_of_foreign_code():
    assert str(InputError(f"{KEY} is no path")) == "[SHIP_API_KEY] is no path"
    assert describe_error(ValueError(KEY)) == "ValueError: [SHIP_API_KEY]"


def test_a_text_that_holds_the_same_words_is_not_touched(tmp_path: Path):
    from evalkit.workflows.running.extract import extract_articles

    extraction = extract_articles("trivial", Article(id="a", text=f"Ida Moen said {KEY}."))
    assert KEY in json.dumps(extraction.to_json(), ensure_ascii=False)


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("cmd:env FOO_TOKEN=tick-tock-tick python p.py", "cmd:env FOO_TOKEN=[FOO_TOKEN] python p.py"),
        ("cmd:sh -c 'FOO_API_KEY=tick-tock-tick exec p'", "cmd:sh -c 'FOO_API_KEY=[FOO_API_KEY] exec p'"),
        ("cmd:sh -c \"PGPASSWORD='tick-tock tick' p\"", 'cmd:sh -c "PGPASSWORD=[PGPASSWORD] p"'),
        ("cmd:p api_key=tick-tock-tick", "cmd:p api_key=[api_key]"),
        ("cmd:p -H X-Api-Key:tick-tock-tick", "cmd:p -H X-Api-Key:[X-Api-Key]"),
        ("cmd:p -H 'X-Api-Key: tick-tock-tick'", "cmd:p -H 'X-Api-Key: [X-Api-Key]'"),
        ("cmd:p --set note=token=tick-tock-tick", "cmd:p --set note=token=[token]"),
    ],
)
def test_what_a_command_gives_to_the_name_of_a_secret(command: str, shown: str):
    assert redacted_command([command]) == [shown]
    remember_from(command, {})
    assert redacted(command) == shown
    assert "tick-toc" not in redacted("it said: tick-tock-tick")


def test_what_a_setting_gives_to_the_name_of_a_secret():
    assert without_secrets({"note": "token=tick"}) == {"note": "token=[token]"}


@pytest.mark.parametrize(
    "said", ["client_secret:Extractor", "my-secret.jsonl:3: damaged", "sorted(rows, key=None)", "password: is empty"]
)
def test_places_and_code_are_no_secrets(said: str):
    remember_from(said if said.startswith("client") else "", {})
    assert redacted(said) == said
