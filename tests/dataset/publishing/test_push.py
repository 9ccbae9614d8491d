"""A dataset folder goes to a hub: a local server that speaks its protocol as far as it is used."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from evalkit.cli.main import main
from evalkit.dataset.making.build import DatasetProblemsError, build_dataset
from evalkit.dataset.publishing.push import push_dataset
from evalkit.errors import InputError, OutputError

TOKEN = "hf_notarealtokenbutlongenoughforone"


class Hub(ThreadingHTTPServer):
    """Repositories of datasets: branches with files, and tags."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, dict[str, bytes]] = {}
        self.tags: dict[str, str] = {}
        self.asked: list[str] = []
        self.exists = True
        self.commits = 0
        self.tokens: set[str | None] = set()


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def answer(self, value: Any, status: int = 200, **headers: str) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, own in headers.items():
            self.send_header(name.replace("_", "-"), own)
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        hub, path = self.server, self.path.partition("?")[0]
        hub.asked.append(f"GET {path}")
        hub.tokens.add(self.headers.get("Authorization"))
        if not hub.exists:
            self.answer({"error": "Repository not found"}, 404, X_Error_Code="RepoNotFound")
        elif path.endswith("/refs"):
            branches = [{"name": name, "ref": f"refs/heads/{name}", "targetCommit": "0" * 40} for name in hub.files]
            tags = [{"name": name, "ref": f"refs/tags/{name}", "targetCommit": "0" * 40} for name in hub.tags]
            self.answer({"branches": branches, "tags": tags, "converts": []})
        elif "/tree/" in path:
            branch = path.rpartition("/tree/")[2]
            rows = [
                {"type": "file", "path": name, "size": len(own), "oid": hashlib.sha1(own).hexdigest()}
                for name, own in hub.files[branch].items()
            ]
            self.answer(rows)
        else:
            self.answer({"id": "harbour/gold", "sha": "0" * 40, "siblings": [], "private": False, "tags": []})

    def do_POST(self) -> None:
        hub, path = self.server, self.path.partition("?")[0]
        hub.asked.append(f"POST {path}")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if path == "/api/repos/create":
            hub.exists = True
            hub.files["main"] = {".gitattributes": b""}
            self.answer({"url": f"http://{self.headers['Host']}/datasets/harbour/gold", "id": "harbour/gold"})
        elif path == "/api/validate-yaml":
            self.answer({"errors": [], "warnings": []})
        elif "/preupload/" in path:
            names = [own["path"] for own in json.loads(body)["files"]]
            self.answer({"files": [{"path": name, "uploadMode": "regular", "shouldIgnore": False} for name in names]})
        elif "/branch/" in path:
            hub.files[path.rpartition("/branch/")[2]] = dict(hub.files["main"])
            self.answer({})
        elif "/tag/" in path:
            hub.tags[json.loads(body)["tag"]] = path.rpartition("/tag/")[2]
            self.answer({})
        elif "/commit/" in path:
            self.commit(path.rpartition("/commit/")[2], body)
        else:
            self.answer({"error": path}, 404)

    def commit(self, branch: str, body: bytes) -> None:
        """Takes the files of a commit."""
        hub = self.server
        for line in body.splitlines():
            own = json.loads(line)
            if own["key"] == "file":
                hub.files[branch][own["value"]["path"]] = base64.b64decode(own["value"]["content"])
            if own["key"] == "deletedFile":
                del hub.files[branch][own["value"]["path"]]
        hub.commits += 1
        oid = hashlib.sha1(str(hub.commits).encode()).hexdigest()
        url = f"http://{self.headers['Host']}/datasets/harbour/gold/commit/{oid}"
        self.answer({"success": True, "commitOid": oid, "commitUrl": url, "hookOutput": ""})


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    server = Hub()
    server.files["main"] = {".gitattributes": b"", "old/gone.json": b"[]", "notes/kept.md": b"by hand"}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [{"id": name, "split": "test", "text": f"{name} is wet.", "entities": []} for name in ("Bergen", "Oslo")]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    out = tmp_path / "gold"
    build_dataset(tmp_path / "rows.jsonl", out, corpus=tmp_path / "corpus")
    (out / "GUIDELINES.md").write_text("Rules.")
    (out / ".secret").write_text("mine")
    return out


def test_everything_goes_up_in_one_commit_with_its_tag(hub: Hub, folder: Path) -> None:
    done = push_dataset(folder, "harbour/gold", tag="v1")
    assert done.sent
    assert done.removed == ("old/gone.json",)
    assert hub.commits == 1
    assert hub.tags == {"v1": done.commit}
    assert set(hub.files["main"]) == {
        *(".gitattributes", "notes/kept.md", ".evalkit-manifest.json", "GUIDELINES.md", "README.md", "croissant.json"),
        *("test/Bergen.json", "test/Oslo.json"),
    }
    assert hub.files["main"]["test/Oslo.json"] == (folder / "test" / "Oslo.json").read_bytes()
    assert hub.tokens == {f"Bearer {TOKEN}"}
    with pytest.raises(OutputError, match="has a tag 'v1' already"):
        push_dataset(folder, "harbour/gold", tag="v1")
    assert hub.commits == 1


def test_a_branch_is_made(hub: Hub, folder: Path) -> None:
    push_dataset(folder, "harbour/gold", revision="next")
    assert "test/Oslo.json" in hub.files["next"]
    assert "test/Oslo.json" not in hub.files["main"]


def test_a_repository_is_made_only_if_asked(hub: Hub, folder: Path) -> None:
    hub.exists, hub.files = False, {}
    with pytest.raises(OutputError, match="--create makes it"):
        push_dataset(folder, "harbour/gold")
    assert not any(asked.startswith("POST") for asked in hub.asked)
    assert push_dataset(folder, "harbour/gold", create=True).sent


def test_a_dry_run_asks_nothing(hub: Hub, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dataset", "push", str(folder), "harbour/gold", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "nothing was sent or asked" in said
    assert hub.asked == []


def test_what_the_hub_refuses_is_one_line_without_the_token(
    hub: Hub, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(handler: Handler) -> None:
        handler.answer({"error": f"no right for {TOKEN}"}, 403)

    monkeypatch.setattr(Handler, "do_POST", refuse)
    assert main(["dataset", "push", str(folder), "harbour/gold"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: harbour/gold: not sent: ")
    assert len(said.splitlines()) == 1
    assert TOKEN not in said


@pytest.mark.parametrize("name", ["gold", "a/b/c", "../x/y", "a b/c", "", "x/..", "a/b@main"])
def test_a_name_that_is_none(name: str, folder: Path) -> None:
    with pytest.raises(InputError, match="organisation/name"):
        push_dataset(folder, name, dry_run=True)


def test_gold_with_problems_or_an_old_card_stays(folder: Path) -> None:
    file = folder / "test" / "Oslo.json"
    before = file.read_text()
    (folder / "dataset.toml").write_text('title = "Rain"\n')
    with pytest.raises(InputError, match=r"README\.md: says something else than the gold"):
        push_dataset(folder, "harbour/gold", dry_run=True)
    file.write_text(before.replace("Oslo is wet", "Oslo is dry"))
    with pytest.raises(DatasetProblemsError):
        push_dataset(folder, "harbour/gold", dry_run=True)


def test_only_what_a_dataset_folder_holds_goes_up(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in (
        "token.txt",
        "notes.md~",
        "drafts/new.md",
        "test/old.json.bak",
        "terms.tsv",
        "LICENSE",
        "test/.x.json",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("[]")
    done = push_dataset(folder, "harbour/gold", dry_run=True)
    assert {"terms.tsv", "LICENSE", "GUIDELINES.md", "test/Oslo.json", ".evalkit-manifest.json"} < set(done.files)
    assert done.left_out == (".secret", "drafts/", "notes.md~", "token.txt", "test/.x.json", "test/old.json.bak")
    assert main(["dataset", "push", str(folder), "harbour/gold", "--dry-run"]) == 0
    assert "left out, no file of a dataset: token.txt\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name",
    [
        "a//b",
        "a/.lock",
        "a.lock",
        "a.lock/b",
        "a.git",
        "a..b",
        "a@{b",
        "a.",
        "a/",
        "/a",
        "-a",
        "a b",
        "a~1",
        "",
        "a/b.",
    ],
)
def test_a_revision_that_git_refuses(name: str, folder: Path) -> None:
    with pytest.raises(InputError, match="is no name of a revision"):
        push_dataset(folder, "harbour/gold", revision=name, dry_run=True)
    if name:
        with pytest.raises(InputError, match="is no name of a tag"):
            push_dataset(folder, "harbour/gold", tag=name, dry_run=True)


@pytest.mark.parametrize("name", ["v1.2", "next", "refs/pr/1", "release-2024_06", "1.0.0+b"])
def test_a_revision_that_git_takes(name: str, folder: Path) -> None:
    assert push_dataset(folder, "harbour/gold", revision=name, tag=name, dry_run=True).tag == name


@pytest.mark.parametrize("name", ["more", "train", "test/more"])
def test_a_linked_folder_is_refused(name: str, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    row = {"id": "Voss", "text": "Voss is high up.", "entities": []}
    (tmp_path / "elsewhere" / "Voss.json").write_text(json.dumps([row]))
    (folder / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=f"{name}: is a link, which is not sent; put the folder itself there"):
        push_dataset(folder, "harbour/gold", dry_run=True)


def test_a_link_is_not_sent(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "private.md").write_text("mine")
    (folder / "notes.md").symlink_to(tmp_path / "private.md")
    with pytest.raises(InputError, match=r"notes\.md: is a link"):
        push_dataset(folder, "harbour/gold", dry_run=True)


def test_an_address_of_a_reader_stays(tmp_path: Path) -> None:
    who, said = "ida@desk.example", {"entities": [{"start": 0, "end": 4, "label": "GPE"}]}
    row = {"id": "a", "split": "test", "text": "Oslo waits.", **said, "readings": {who: said, "jan": said}}
    (tmp_path / "gold.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    gold = tmp_path / "gold"
    built = build_dataset(tmp_path / "gold.jsonl", gold)
    assert any(note.startswith("1 reader is called by what looks like an e-mail address") for note in built.notes)
    with pytest.raises(InputError, match=f"build .*gold --out .*gold --rename-annotator {who}=NAME"):
        push_dataset(gold, "harbour/gold", dry_run=True)
    built = build_dataset(gold, gold, rename_annotators={who: "ida"})
    assert not any("e-mail" in note for note in built.notes)
    assert "test/a.json" in push_dataset(gold, "harbour/gold", dry_run=True).files
    assert not any(who in path.read_text(encoding="utf-8") for path in gold.rglob("*") if path.is_file())
    decided = {"article_id": "a", "by": [who]}
    (gold / "decisions.jsonl").write_text(json.dumps(decided) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=f"adjudicate .*gold --out .*gold --rename-annotator {who}=NAME"):
        push_dataset(gold, "harbour/gold", dry_run=True)
    (gold / "decisions.jsonl").unlink()
    (gold / "dataset.toml").write_text(f'[readers]\n"{who}" = "an editor"\n', encoding="utf-8")
    build_dataset(gold, gold)
    with pytest.raises(InputError, match=r"\[readers\] has 'ida@desk.example'"):
        push_dataset(gold, "harbour/gold", dry_run=True)
