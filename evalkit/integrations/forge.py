"""A comment on a pull request of GitHub or a merge request of GitLab, written anew in its place each time.

Where it goes and with which token say the variables of the build, and nothing else. The token is sent to the address of
that server's API over an encrypted connection, and follows no redirection.

A comment is known by its first line (`evalkit.report.comment`) and by its author: anybody may write such a line, and
what somebody else wrote stays as it is.
"""

from __future__ import annotations

import http.client
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from evalkit.errors import EvalkitError, InputError
from evalkit.files import parse_json, read_bytes
from evalkit.harmless import one_line
from evalkit.report.comment import LONGEST_COMMENT, comment_size, mark_of

__all__ = ["Posted", "post_comment"]

GITHUB, GITLAB = "GitHub", "GitLab"
WRITTEN, UPDATED, UNCHANGED, SKIPPED = "written", "updated", "unchanged", "not posted"

PAGE, MOST_PAGES = 100, 100
TIMEOUT = 30.0
TRIES, PAUSE = 3, 2.0
_AGAIN = frozenset({429, 500, 502, 503, 504})
_LARGEST = 64 << 20
_LONGEST_PAUSE = 60.0
_WHOLE_ANSWER = 120.0
"""Seconds: a server that sends a character now and then would keep a build for ever."""
_BUILD_USER = "github-actions[bot]"
"""Whoever the token of a build of GitHub writes as."""
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_NUMBER = re.compile(r"[1-9]\d{0,11}")
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What became of a comment.

    Attributes:
        outcome: "written", "updated", "unchanged" or "not posted".
        address: where it can be read, or "".
        reason: why it was not posted, or "".
    """

    outcome: str
    address: str = ""
    reason: str = ""

    def to_json(self) -> dict[str, str]:
        """The fields as JSON values."""
        return {"outcome": self.outcome, "address": self.address, "reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Forge:
    """A server that keeps comments.

    Attributes:
        name: "GitHub" or "GitLab".
        api: the address of its API.
        comments: the path of the comments of one request, under it.
        comment: the path of one comment, with `{}` for its id.
        headers: what is sent with every request; holds the token.
        method: how a comment is written anew.
        remedy: what to do where the token may not.
    """

    name: str
    api: str
    comments: str
    comment: str
    headers: Mapping[str, str]
    method: str
    remedy: str


def post_comment(
    path: Path,
    environment: Mapping[str, str],
    *,
    number: int | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> Posted:
    """Posts a comment, or writes the one that is there anew.

    Args:
        path: the file that `evalkit gate --comment-file` wrote.
        environment: the variables of the build.
        number: of the pull request; by default the one that the build is about.
        pause: waits some seconds before another try.

    Raises:
        InputError: the file is no comment, or the variables do not say where it goes.
        EvalkitError: the server refuses it or cannot be reached.
    """
    text = read_bytes(path).decode("utf-8", "replace")
    mark = mark_of(text)
    if not mark:
        raise InputError(
            f"{path}: is no comment; evalkit gate --comment-file or evalkit dataset review --comment-file writes one"
        )
    if comment_size(text) > LONGEST_COMMENT:
        raise InputError(f"{path}: has more than {LONGEST_COMMENT} characters; take it as evalkit wrote it")
    if reason := _from_fork(environment):
        return Posted(outcome=SKIPPED, reason=reason)
    server = _Server(_forge(environment, number), pause)
    own = next((one for one in server.comments() if _body(one).startswith(mark + "\n")), None)
    if own is not None and _body(own).strip() == text.strip():
        return Posted(outcome=UNCHANGED, address=_address(own))
    if own is None:
        return Posted(outcome=WRITTEN, address=_address(server.ask("POST", server.forge.comments, {"body": text})))
    number_of_it = own.get("id")
    if not isinstance(number_of_it, int) or isinstance(number_of_it, bool):
        raise EvalkitError(f"{server.forge.name} gave a comment without a number; is {server.forge.api} its API?")
    written = server.ask(server.forge.method, server.forge.comment.format(number_of_it), {"body": text})
    return Posted(outcome=UPDATED, address=_address(written))


def _body(comment: Mapping[str, Any]) -> str:
    """The text of a comment; what is edited in a page gets the line ends of forms."""
    body = comment.get("body")
    return body.replace("\r\n", "\n") if isinstance(body, str) else ""


def _address(comment: Any) -> str:
    return str(comment.get("html_url", "")) if isinstance(comment, dict) else ""


def _from_fork(environment: Mapping[str, str]) -> str:
    """Why a build may not write, if it is for a pull request from a fork: its token may only read."""
    if environment.get("GITHUB_EVENT_NAME") != "pull_request" or not environment.get("GITHUB_REPOSITORY"):
        return ""
    request = _event(environment).get("pull_request")
    head = request.get("head") if isinstance(request, dict) else None
    if not isinstance(head, dict):
        return ""
    origin = head.get("repo")
    name = origin.get("full_name") if isinstance(origin, dict) else None
    if name == environment.get("GITHUB_REPOSITORY"):
        return ""
    return "the pull request comes from a fork, for which the token of a build may only read"


def _event(environment: Mapping[str, str]) -> dict[str, Any]:
    path = environment.get("GITHUB_EVENT_PATH", "")
    if not path or not Path(path).is_file():
        return {}
    event = parse_json(read_bytes(Path(path)), f"{path}: damaged event")
    return event if isinstance(event, dict) else {}


def _forge(environment: Mapping[str, str], number: int | None) -> _Forge:
    if environment.get("GITHUB_REPOSITORY"):
        return _github(environment, number)
    if environment.get("CI_PROJECT_ID"):
        return _gitlab(environment, number)
    raise InputError(
        "this is no build of GitHub or GitLab: neither GITHUB_REPOSITORY nor CI_PROJECT_ID is set; "
        "post the file in another way, or set the variables that docs/pull-requests.md names"
    )


def _github(environment: Mapping[str, str], number: int | None) -> _Forge:
    repository = environment["GITHUB_REPOSITORY"]
    if not _REPOSITORY.fullmatch(repository):
        raise InputError(f"GITHUB_REPOSITORY is {repository!r:.120}, not OWNER/NAME")
    if number is None:
        number = _github_number(environment)
    issues = f"/repos/{repository}/issues"
    return _Forge(
        name=GITHUB,
        api=_checked_api("GITHUB_API_URL", environment.get("GITHUB_API_URL") or "https://api.github.com"),
        comments=f"{issues}/{number}/comments",
        comment=f"{issues}/comments/{{}}",
        headers={
            "Authorization": f"Bearer {_token(environment, 'GITHUB_TOKEN')}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
        method="PATCH",
        remedy="give the job `permissions: pull-requests: write`",
    )


def _github_number(environment: Mapping[str, str]) -> int:
    event = _event(environment)
    request = event.get("pull_request")
    number = request.get("number") if isinstance(request, dict) else None
    if isinstance(number, int) and number > 0:
        return number
    if ref := re.fullmatch(rf"refs/pull/({_NUMBER.pattern})/\w+", environment.get("GITHUB_REF", "")):
        return int(ref[1])
    raise InputError("this build is about no pull request; say which with --pull-request N")


def _gitlab(environment: Mapping[str, str], number: int | None) -> _Forge:
    project, iid = environment["CI_PROJECT_ID"], environment.get("CI_MERGE_REQUEST_IID", "")
    if not _NUMBER.fullmatch(project):
        raise InputError(f"CI_PROJECT_ID is {project!r:.60}, not a number")
    if number is None and not _NUMBER.fullmatch(iid):
        raise InputError("this build is about no merge request; say which with --pull-request N")
    notes = f"/projects/{project}/merge_requests/{int(iid) if number is None else number}/notes"
    return _Forge(
        name=GITLAB,
        api=_checked_api("CI_API_V4_URL", environment.get("CI_API_V4_URL") or "https://gitlab.com/api/v4"),
        comments=notes,
        comment=f"{notes}/{{}}",
        headers={"PRIVATE-TOKEN": _token(environment, "GITLAB_TOKEN")},
        method="PUT",
        remedy="GITLAB_TOKEN must be an access token of the project with the scope api",
    )


def _checked_api(name: str, address: str) -> str:
    try:
        parts = urllib.parse.urlsplit(address)
        usable = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
        usable = usable and bool(parts.hostname) and not (parts.username or parts.query or parts.fragment)
    except ValueError:
        usable = False
    if not usable:
        raise InputError(f"{name} is {address!r:.120}, not a plain https address; the token goes nowhere else")
    return address.rstrip("/")


def _token(environment: Mapping[str, str], name: str) -> str:
    token = environment.get(name, "").strip()
    if not token:
        raise InputError(f"{name} is not set; hand the token to this step in its environment")
    if not (token.isascii() and token.isprintable()):
        raise InputError(f"{name} holds what is in no token, such as a line feed")
    return token


def _limited(error: urllib.error.HTTPError) -> float | None:
    """The seconds to wait where somebody has asked too often; None for any other refusal."""
    after = error.headers.get("Retry-After", "").strip()
    used_up = error.headers.get("X-RateLimit-Remaining", "").strip() == "0"
    if error.code != 429 and not (error.code == 403 and (after or used_up)):
        return None
    return float(after) if re.fullmatch(r"\d{1,6}", after) else 0.0


def _whole(response: Any) -> bytes:
    """What a server answers.

    Raises:
        OSError: it takes too long, or is too much.
    """
    end, content = time.monotonic() + _WHOLE_ANSWER, bytearray()
    while part := response.read1(1 << 16):
        content += part
        if time.monotonic() > end or len(content) > _LARGEST:
            raise OSError("its answer has no end")
    return bytes(content)


class _NoRedirection(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        return None


class _Server:
    """Requests to one forge."""

    def __init__(self, forge: _Forge, pause: Callable[[float], None]) -> None:
        self.forge = forge
        self._pause = pause
        self._opener = urllib.request.build_opener(_NoRedirection)

    def comments(self) -> Iterator[dict[str, Any]]:
        """The comments of whoever the token is, oldest first."""
        me = self._me()
        for page in range(1, MOST_PAGES + 1):
            listed = self.ask("GET", f"{self.forge.comments}?per_page={PAGE}&page={page}&sort=asc&order_by=created_at")
            if not isinstance(listed, list):
                raise EvalkitError(f"{self.forge.name} gave no list of comments; is {self.forge.api} its API?")
            yield from (one for one in listed if isinstance(one, dict) and self._is_mine(one, me))
            if len(listed) < PAGE:
                return

    def _me(self) -> tuple[str, Any]:
        """What is true of the user of the token alone: the id; of an app of GitHub, such as a build, the name."""
        user = self.ask("GET", "/user", but=(401, 403, 404) if self.forge.name == GITHUB else ())
        if isinstance(user, dict) and user.get("id") is not None:
            return "id", user["id"]
        if self.forge.name != GITHUB:
            raise EvalkitError(f"{self.forge.name} does not say whose the token is; is {self.forge.api} its API?")
        try:
            told = self.ask("POST", "/graphql", {"query": "{viewer{login}}"}, at=self.forge.api.removesuffix("/v3"))
            return "login", str(told["data"]["viewer"]["login"])
        except (EvalkitError, LookupError, TypeError):
            return "login", _BUILD_USER

    def _is_mine(self, comment: Mapping[str, Any], me: tuple[str, Any]) -> bool:
        author = comment.get("user" if self.forge.name == GITHUB else "author")
        return isinstance(author, dict) and author.get(me[0]) == me[1]

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, str] | None = None,
        *,
        but: tuple[int, ...] = (),
        at: str = "",
    ) -> Any:
        """The answer as JSON values; None for a status that the caller allows for.

        Raises:
            EvalkitError: there is none.
        """
        content = None if body is None else json.dumps(body).encode("ascii")
        headers = {**self.forge.headers, "Content-Type": "application/json", "User-Agent": "evalkit"}
        request = urllib.request.Request((at or self.forge.api) + path, data=content, headers=headers, method=method)
        for attempt in range(1, TRIES + 1):
            wait = PAUSE * attempt
            try:
                with self._opener.open(request, timeout=TIMEOUT) as response:
                    return json.loads(_whole(response))
            except urllib.error.HTTPError as error:
                with error:
                    limited = _limited(error)
                    if error.code in but and limited is None:
                        return None
                    failure = self._refused(error)
                if limited is not None:
                    wait = max(wait, limited)
                    failure = f"{self.forge.name} takes no more requests for now (status {error.code}); try again later"
                # A comment may have been written though nobody said so: a second one would be one too many.
                again = limited is not None or (error.code in _AGAIN and method != "POST")
            except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
                failure = f"{self.forge.name} cannot be reached: {getattr(error, 'reason', error)}"
                again = method != "POST"
            except (ValueError, RecursionError):
                raise EvalkitError(f"{self.forge.name} gave no JSON; is {self.forge.api} its API?") from None
            if not again or attempt == TRIES:
                break
            self._pause(min(wait, _LONGEST_PAUSE))
        raise EvalkitError(failure)

    def _refused(self, error: urllib.error.HTTPError) -> str:
        if 300 <= error.code < 400:
            return f"{self.forge.name} redirects elsewhere, where the token does not go; check {self.forge.api}"
        said = ""
        if error.code != 401:
            try:
                told = json.loads(error.read(4000))
                said = f": {one_line(str(told.get('message', '')), 200)}" if isinstance(told, dict) else ""
            except (ValueError, RecursionError, OSError, http.client.HTTPException):
                said = ""
        remedy = f"; {self.forge.remedy}" if error.code in (401, 403, 404) else ""
        return f"{self.forge.name} refuses the comment with status {error.code}{said}{remedy}"
