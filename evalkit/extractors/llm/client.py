"""Requests to an endpoint that speaks the chat completions of OpenAI.

How often and how fast they are sent is in `evalkit.extractors.http`; an answer that is no JSON or has no choices is
asked for again like one that was cut.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from evalkit.extractors.http import Failure, HttpClient, Patience, Posted

__all__ = ["Client", "Reply"]

_ADVICE = {
    401: "check the key in EVALKIT_LLM_API_KEY",
    402: "nothing is left on the account",
    403: "check the key in EVALKIT_LLM_API_KEY, and what it may use",
    404: "check the base URL and the name of the model",
}


_LARGEST = 8 << 20
"""The most bytes of an answer that are read: more than any model writes."""
_MOST_TOKENS = 1_000_000_000
_THOUGHTS = ("thinking", "reasoning")
"""Parts of a content that are no part of the answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the endpoint.

    Attributes:
        text: what the model wrote, empty if nothing: its content, and what it called tools with.
        finish: why it stopped, such as `stop` or `length`.
        refusal: what it said instead, if it refused.
        reasoning: what it thought aloud, where the endpoint keeps that apart.
        tokens: `prompt_tokens` and `completion_tokens` as far as the endpoint counts them.
        model: which model answered, as the endpoint calls it.
    """

    text: str
    finish: str = ""
    refusal: str = ""
    reasoning: str = ""
    tokens: Mapping[str, int] = field(default_factory=dict)
    model: str = ""


class Client:
    """Sends requests to one endpoint; can be used by several threads."""

    def __init__(self, url: str, *, key: str, patience: Patience) -> None:
        """A client for `url`, the full address; the key is sent as bearer token and shown nowhere."""
        self._http = HttpClient(url, patience, "application/json", key=key, advice=_ADVICE, largest=_LARGEST)

    def stop(self) -> None:
        """Let nobody wait, try again or read any longer."""
        self._http.stop()

    def start(self) -> None:
        """Take requests again."""
        self._http.start()

    def clean(self, text: str) -> str:
        """The text in one line, without the key, not longer than a terminal can bear."""
        return self._http.clean(text)

    def ask(self, body: Mapping[str, Any], until: float = math.inf) -> Posted[Reply]:
        """The answer to a request, or why there is none after all tries; nothing is waited for after `until`."""
        sent = json.dumps(body, ensure_ascii=True).encode()
        posted = self._http.post(sent, self._read, most=self._http.patience.timeout, until=until)
        answer = posted.answer
        if isinstance(answer, Failure) and answer.about_the_address:
            answer = replace(answer, message=f"{self._http.url} {answer.message}")
        return Posted(answer, posted.requests)

    def _read(self, content: bytes) -> Reply | Failure:
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            return Failure(
                f"answered no JSON: {self._http.clean(content[:80].decode('utf-8', 'replace'))!r}", again=True
            )
        answer = answer if isinstance(answer, dict) else {}
        choices = answer.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        message = choice.get("message") if isinstance(choice, dict) else None
        if isinstance(choice, dict) and message is None and isinstance(choice.get("text"), str):
            # As completions were before there were chats.
            message = {"content": choice["text"]}
        if not isinstance(choice, dict) or not isinstance(message, dict):
            said = self._http.clean(json.dumps(answer.get("error"))) if answer.get("error") else "no choices"
            return Failure(f"answered without a message: {said}", again=True)
        return Reply(
            text="\n".join(filter(None, [_content(message.get("content")), *_calls(message)])) or _parsed(message),
            finish=_string(choice.get("finish_reason")),
            refusal=self._http.clean(_string(message.get("refusal")) or _content(message.get("content"), "refusal")),
            reasoning=_string(message.get("reasoning_content"))
            or _string(message.get("reasoning"))
            or _content(message.get("content"), *_THOUGHTS),
            tokens=_tokens(answer.get("usage")),
            model=self._http.clean(_string(answer.get("model"))),
        )


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _content(content: object, *kinds: str) -> str:
    """The text of a content, which is a text or a list of parts: those of some kinds, by default what was written."""
    if not isinstance(content, list):
        return "" if kinds else _string(content)
    parts = []
    for part in content:
        if isinstance(part, str):
            parts.append("" if kinds else part)
        elif isinstance(part, dict):
            kind = _string(part.get("type"))
            if kind in kinds or (not kinds and kind not in (*_THOUGHTS, "refusal")):
                value = next((part[name] for name in ("text", "value", kind) if part.get(name)), "")
                parts.append(_string(value.get("value")) if isinstance(value, dict) else _content(value))
    return "".join(parts)


def _calls(message: Mapping[str, Any]) -> list[str]:
    """What the model called tools with: as text, also where an endpoint has read it already."""
    calls = message.get("tool_calls")
    listed = [call.get("function", call) for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    found = []
    for call in [*listed, message.get("function_call")]:
        arguments = call.get("arguments", call.get("input")) if isinstance(call, dict) else None
        if isinstance(arguments, dict):
            arguments = json.dumps(arguments)
        found.append(_string(arguments))
    return found


def _parsed(message: Mapping[str, Any]) -> str:
    """The answer as some endpoints give it beside an empty content: read already."""
    parsed = message.get("parsed")
    return json.dumps(parsed) if isinstance(parsed, dict) else ""


def _tokens(usage: object) -> dict[str, int]:
    """The tokens that an endpoint counts; a number that no answer can have is none."""
    counts = usage if isinstance(usage, dict) else {}
    names = ("prompt_tokens", "completion_tokens")
    return {name: counts[name] for name in names if type(counts.get(name)) is int and 0 <= counts[name] <= _MOST_TOKENS}
