"""From `llm:MODEL` with its options and the environment to an extractor.

It stands apart from the extractor, whose fingerprint covers what it is set to and not how that was read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from evalkit.dataset.labels import load_inventory
from evalkit.errors import InputError
from evalkit.extractors.http import Patience
from evalkit.extractors.llm.language_model import LlmExtractor
from evalkit.extractors.llm.prompt import ASKED
from evalkit.extractors.llm.prompt_file import load_prompt
from evalkit.extractors.llm.settings import MODES, Settings
from evalkit.extractors.options import Options
from evalkit.files import parse_json
from evalkit.secrets import ENDPOINT_KEY as KEY

__all__ = ["load_llm"]

BASE_URL = "EVALKIT_LLM_BASE_URL"

_OURS = frozenset({"model", "messages", "response_format", "stream", "n", "temperature", "seed", "max_tokens"})


def load_llm(spec: str, options: Mapping[str, str] | None = None) -> LlmExtractor:
    """The extractor for `llm:MODEL`; nothing is sent yet.

    Raises:
        InputError: there is no model or no base URL, or an option that cannot be used.
        FormatError: a prompt file that cannot be used.
    """
    return LlmExtractor(spec, _read_settings(spec, options))


def _read_settings(spec: str, options: Mapping[str, str] | None = None) -> Settings:
    """The settings for `llm:MODEL` with options.

    Raises:
        InputError: there is no model or no base URL, or an option that cannot be used.
        FormatError: a prompt file that cannot be used.
    """
    model = spec.partition(":")[2].strip()
    if not model:
        raise InputError(f"{spec!r}: no model; write llm:MODEL, as the endpoint calls it")
    given = Options(spec, options)
    prompt, mode = given.text("prompt"), given.choice("answers", ("auto", *MODES), "auto")
    window, overlap = _windows(spec, given)
    settings = Settings(
        model=model,
        url=_url(spec, given.text("base-url") or os.environ.get(BASE_URL, "")),
        key=_key(os.environ.get(KEY, "")),
        layers=given.layers(ASKED) or ASKED,
        labels=_labels(spec, given.text("labels")),
        prompt=load_prompt(Path(prompt) if prompt else None),
        modes=MODES if mode == "auto" else (mode,),
        decoding=_decoding(spec, given),
        attempts=given.whole("attempts", 2),
        concurrency=given.whole("concurrency", 4),
        patience=Patience(
            per_minute=given.whole("requests-per-minute", 0, least=0),
            timeout=given.seconds("timeout", 120),
            retries=given.whole("retries", 4, least=0),
            pause=given.seconds("pause", 1),
        ),
        prices=_prices(spec, given),
        window=window,
        overlap=overlap,
        asks_pairs=given.choice("pairs", ("ask", "own"), "ask") == "ask",
    )
    given.done()
    return settings


def _url(spec: str, base: str) -> str:
    """The address for requests, from the base URL or from the whole address."""
    if not base:
        raise InputError(f"{spec}: no endpoint; give --set base_url=https://HOST/v1, or set {BASE_URL}")
    try:
        parts = urlsplit(base)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InputError(f"{spec}: the base URL is no address: {error}") from error
    if parts.username or parts.password or parts.query or parts.fragment:
        # Not shown: it may hold a key.
        raise InputError(f"{spec}: the base URL holds a name, password, query or fragment; give the key in {KEY}")
    if parts.scheme not in ("http", "https") or not host:
        raise InputError(f"{spec}: the base URL {base!r} is no address; write https://HOST/v1")
    base = base.rstrip("/")
    return base if base.endswith("/chat/completions") else f"{base}/chat/completions"


def _key(value: str) -> str:
    key = value.strip()
    if not re.fullmatch(r"[!-~]*", key):
        raise InputError(f"{KEY} holds white space or a character that no key has; set it anew")
    return key


def _labels(spec: str, value: str) -> dict[str, str]:
    """Entity labels with what they mean, as far as the bundled inventory knows."""
    inventory = load_inventory()
    names = (
        [name.strip() for name in value.split(",") if name.strip()] if value else list(inventory.labels_of("entities"))
    )
    if not names:
        raise InputError(f"{spec}: option labels={value!r} names none; write labels=PER,ORG,LOC")
    return {name: inventory.definitions_of("entities").get(name, "") for name in names}


def _decoding(spec: str, given: Options) -> dict[str, Any]:
    """What goes into each request besides model, messages and schema."""
    decoding: dict[str, Any] = {}
    if (temperature := given.text("temperature", "0")) != "none":
        decoding["temperature"] = _number(spec, "temperature", temperature)
    if (seed := given.text("seed", "0")) != "none":
        if not re.fullmatch(r"\d{1,9}", seed):
            raise InputError(f"{spec}: option seed={seed!r} must be a whole number, or none")
        decoding["seed"] = int(seed)
    if most := given.whole("max-tokens", 0, least=0):
        decoding["max_tokens"] = most
    return decoding | _extra(spec, given.text("extra"))


def _extra(spec: str, value: str) -> dict[str, Any]:
    extra = parse_json(value or "{}", f"{spec}: option extra={value!r:.60}", damaged="write a JSON object")
    if not isinstance(extra, dict):
        raise InputError(f"{spec}: option extra={value!r:.60} must be a JSON object")
    if ours := sorted(_OURS & extra.keys()):
        raise InputError(f"{spec}: option extra holds {ours[0]!r}, which is set by evalkit or has its own option")
    return extra


def _prices(spec: str, given: Options) -> tuple[float, float] | None:
    asked, said = given.text("price-in"), given.text("price-out")
    if not asked and not said:
        return None
    return _number(spec, "price-in", asked or "0"), _number(spec, "price-out", said or "0")


def _windows(spec: str, given: Options) -> tuple[int, int]:
    window = given.whole("window", 6000, least=0)
    overlap = given.whole("overlap", min(1000, window // 4), least=0)
    if overlap > window // 2:
        raise InputError(f"{spec}: option overlap={overlap} must be at most half of window={window}")
    return window, overlap


def _number(spec: str, name: str, value: str) -> float:
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value):
        raise InputError(f"{spec}: option {name}={value!r} must be a number from 0, such as 0.5")
    return float(value)
