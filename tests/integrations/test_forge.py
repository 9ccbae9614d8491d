"""Comments of a build: the first is written, the next replaces it, others' stay, and no token is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.errors import EvalkitError, InputError
from evalkit.integrations.forge import Posted, post_comment
from tests.integrations.conftest import event_of
from tests.integrations.forge_server import BOT, TOKEN, ForgeServer

MARK = "<!-- evalkit:comment ner -->"


def comment(folder: Path, body: str = "fail", mark: str = MARK) -> Path:
    path = folder / "comment.md"
    path.write_text(f"{mark}\n## {body}\n", encoding="utf-8")
    return path


def post(path: Path, environment: dict[str, str], **options: int) -> Posted:
    return post_comment(path, environment, pause=lambda seconds: None, **options)


def test_github_writes_one_comment_and_then_writes_it_anew(forge: ForgeServer, github: dict[str, str], tmp_path: Path):
    assert post(comment(tmp_path), github).outcome == "written"
    assert post(comment(tmp_path), github).outcome == "unchanged"
    done = post(comment(tmp_path, "pass"), github)
    assert (done.outcome, done.address) == ("updated", f"{forge.url}/comment/1000")
    assert [one["body"] for one in forge.comments] == [f"{MARK}\n## pass\n"]
    assert forge.written == ["POST /repos/o/r/issues/7/comments", "PATCH /repos/o/r/issues/comments/1000"]
    assert forge.tokens == {f"Bearer {TOKEN}"}


def test_gitlab_writes_one_note_and_then_writes_it_anew(forge: ForgeServer, gitlab: dict[str, str], tmp_path: Path):
    forge.user = {"id": 3, "username": "project_5_bot"}
    forge.add(f"{MARK}\nsomebody else's", {"id": 4})
    assert post(comment(tmp_path), gitlab).outcome == "written"
    assert post(comment(tmp_path, "pass"), gitlab).outcome == "updated"
    assert [one["body"] for one in forge.comments] == [f"{MARK}\nsomebody else's", f"{MARK}\n## pass\n"]
    assert forge.written == ["POST /projects/5/merge_requests/7/notes", "PUT /projects/5/merge_requests/7/notes/1001"]
    assert forge.tokens == {TOKEN}


def test_its_own_is_found_among_many_and_others_stay(forge: ForgeServer, github: dict[str, str], tmp_path: Path):
    forge.add(f"{MARK}\nof somebody who wrote the mark", {"login": "octocat", "id": 1, "type": "User"})
    forge.add(f"> {MARK}\nquoted")
    forge.add("<!-- evalkit:comment other -->\nof another name")
    for number in range(200):
        forge.add(f"talk {number}", {"login": "ida", "id": 2, "type": "User"})
    own = forge.add(f"{MARK}\nbefore", BOT)
    others = [dict(one) for one in forge.comments if one is not own]
    assert post(comment(tmp_path), github).outcome == "updated"
    assert own["body"] == f"{MARK}\n## fail\n"
    assert [one for one in forge.comments if one is not own] == others


def test_with_the_token_of_a_person_their_own_comment_is_written_anew(
    forge: ForgeServer, github: dict[str, str], tmp_path: Path
):
    forge.user = {"login": "ida", "id": 2, "type": "User"}
    forge.add(f"{MARK}\nof the bot")
    own = forge.add(f"{MARK}\nbefore", forge.user)
    assert post(comment(tmp_path), github).address == own["html_url"]


@pytest.mark.parametrize("head", ["ida/r", None])
def test_nothing_is_sent_for_a_pull_request_from_a_fork(
    forge: ForgeServer, github: dict[str, str], tmp_path: Path, head: str | None
):
    event_of(tmp_path, head=head)
    done = post(comment(tmp_path), github)
    assert done.outcome == "not posted"
    assert "comes from a fork" in done.reason
    assert forge.asked == []


def test_the_number_may_be_given_or_stand_in_the_ref(forge: ForgeServer, github: dict[str, str], tmp_path: Path):
    del github["GITHUB_EVENT_PATH"]
    with pytest.raises(InputError, match="--pull-request N"):
        post(comment(tmp_path), github)
    post(comment(tmp_path), github, number=12)
    post(comment(tmp_path, mark="<!-- evalkit:comment b -->"), github | {"GITHUB_REF": "refs/pull/13/merge"})
    assert forge.written == [f"POST /repos/o/r/issues/{number}/comments" for number in (12, 13)]


def test_a_moment_of_failure_is_waited_out(forge: ForgeServer, github: dict[str, str], tmp_path: Path):
    forge.failures = [502, 503]
    assert post(comment(tmp_path), github).outcome == "written"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        pytest.param(401, "refuses the comment with status 401; give the job `permissions", id="no such token"),
        pytest.param(
            403, "status 403: no, [GITHUB_TOKEN]; give the job `permissions: pull-requests: write`", id="read"
        ),
        pytest.param(422, "status 422: no, [GITHUB_TOKEN]", id="unusable"),
        pytest.param(302, "redirects elsewhere, where the token does not go", id="redirection"),
        pytest.param(500, "status 500", id="down"),
    ],
)
def test_a_refusal_is_told_without_the_token(
    forge: ForgeServer, github: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    status: int, message: str,
):  # fmt: skip
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    forge.add(f"{MARK}\nbefore")
    forge.user = BOT
    forge.failures = [status] * 3
    with pytest.raises(EvalkitError) as caught:
        post(comment(tmp_path), github)
    assert message in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert forge.written == []


def test_a_comment_is_not_written_twice_where_nobody_says_whether_it_was(
    forge: ForgeServer, github: dict[str, str], tmp_path: Path
):
    """A 502 may come after the comment was written."""
    forge.user = BOT
    post(comment(tmp_path, mark="<!-- evalkit:comment a -->"), github)
    asked = len(forge.asked)

    class OnPost(list):  # type: ignore[type-arg]
        def __bool__(self) -> bool:
            return forge.asked[-1].startswith("POST") and len(forge.asked) > asked

    forge.failures = OnPost([502])
    with pytest.raises(EvalkitError, match="status 502"):
        post(comment(tmp_path), github)
    assert [one for one in forge.asked[asked:] if one.startswith("POST")] == ["POST /repos/o/r/issues/7/comments"]


@pytest.mark.parametrize("number", [None, "abc", True, [1]])
def test_its_own_comment_without_a_number_is_one_line(
    forge: ForgeServer, github: dict[str, str], tmp_path: Path, number: object
):
    forge.add(f"{MARK}\nbefore")["id"] = number
    with pytest.raises(EvalkitError, match="gave a comment without a number"):
        post(comment(tmp_path), github)


def test_an_answer_that_is_deep_is_one_line(forge: ForgeServer, github: dict[str, str], tmp_path: Path):
    forge.raw = b"[" * 200_000
    with pytest.raises(EvalkitError, match="gave no JSON"):
        post(comment(tmp_path), github)


def test_the_comment_of_another_app_stays(forge: ForgeServer, github: dict[str, str], tmp_path: Path):
    other = forge.add(f"{MARK}\nmine", {"login": "someone-else[bot]", "id": 9, "type": "Bot"})
    assert post(comment(tmp_path), github).outcome == "written"
    assert other["body"] == f"{MARK}\nmine"


def test_what_was_edited_in_a_page_is_known_again(forge: ForgeServer, github: dict[str, str], tmp_path: Path):
    own = forge.add(f"{MARK}\r\n## fail\r\nedited")
    assert post(comment(tmp_path), github).outcome == "updated"
    own["body"] = own["body"].replace("\n", "\r\n")
    assert post(comment(tmp_path), github).outcome == "unchanged"


@pytest.mark.parametrize("headers", [{"Retry-After": "7"}, {"X-RateLimit-Remaining": "0"}])
def test_who_asks_too_often_waits(forge: ForgeServer, github: dict[str, str], tmp_path: Path, headers: dict[str, str]):
    forge.headers, forge.failures, waited = headers, [403], list[float]()
    assert post_comment(comment(tmp_path), github, pause=waited.append).outcome == "written"
    assert waited == [7.0 if "Retry-After" in headers else 2.0]
    forge.failures = [403] * 3
    with pytest.raises(EvalkitError, match=r"takes no more requests for now \(status 403\); try again later"):
        post(comment(tmp_path, "pass"), github)


def test_an_answer_has_an_end(
    forge: ForgeServer, github: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("evalkit.integrations.forge._WHOLE_ANSWER", -1.0)
    with pytest.raises(EvalkitError, match="its answer has no end"):
        post(comment(tmp_path), github)


def test_nobody_there(github: dict[str, str], tmp_path: Path):
    with pytest.raises(EvalkitError, match="GitHub cannot be reached"):
        post(comment(tmp_path), github | {"GITHUB_API_URL": "http://127.0.0.1:9"})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"GITHUB_TOKEN": ""}, "GITHUB_TOKEN is not set"),
        ({"GITHUB_TOKEN": "a\r\nX: b"}, "holds what is in no token"),
        ({"GITHUB_REPOSITORY": ""}, "no build of GitHub or GitLab"),
        ({"GITHUB_REPOSITORY": "o/r/../../user", "GITHUB_EVENT_NAME": "push"}, "not OWNER/NAME"),
        ({"GITHUB_API_URL": "http://example.org"}, "not a plain https address"),
        ({"GITHUB_API_URL": "https://me@example.org"}, "not a plain https address"),
        ({"GITHUB_API_URL": "file:///etc/passwd"}, "not a plain https address"),
    ],
)
def test_variables_that_do_not_say_where_it_goes(
    forge: ForgeServer, github: dict[str, str], tmp_path: Path, changed: dict[str, str], message: str
):
    with pytest.raises(InputError, match=message):
        post(comment(tmp_path), github | changed)
    assert forge.asked == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"CI_PROJECT_ID": "../user"}, "not a number"),
        ({"CI_MERGE_REQUEST_IID": ""}, "about no merge request"),
        ({"GITLAB_TOKEN": ""}, "GITLAB_TOKEN is not set"),
    ],
)
def test_variables_of_gitlab_that_do_not_say_where_it_goes(
    gitlab: dict[str, str], tmp_path: Path, changed: dict[str, str], message: str
):
    with pytest.raises(InputError, match=message):
        post(comment(tmp_path), gitlab | changed)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("## fail\n", "is no comment", id="without a mark"),
        pytest.param(f"{MARK}\n" + "x" * 65_536, "more than 65535 characters", id="too long"),
    ],
)
def test_a_file_that_is_no_comment(github: dict[str, str], tmp_path: Path, content: str, message: str):
    (tmp_path / "c.md").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        post(tmp_path / "c.md", github)
