"""One file over HTTP: whole and right or not at all, whatever the server does."""

from __future__ import annotations

import socket
import time
from hashlib import sha256
from pathlib import Path

import pytest

from evalkit.dataset.catalogue.download import Patience, download
from evalkit.errors import InputError
from tests.dataset.catalogue.file_server import FileServer, Handler, cut_after, serve, status, whole

CONTENT = bytes(range(256)) * 40
DIGEST = sha256(CONTENT).hexdigest()
QUICK = Patience(silence=2.0, pause=0.01, tries=3)


def fetch(server: FileServer, target: Path, patience: Patience = QUICK, path: str = "/file") -> None:
    server.files.setdefault("/file", CONTENT)
    download(server.url + path, target, size=len(CONTENT), digest=DIGEST, patience=patience)


def nothing_is_left(target: Path) -> bool:
    return not target.exists() and not target.with_name(target.name + ".part").exists()


def test_a_file_arrives(server: FileServer, tmp_path: Path):
    fetch(server, tmp_path / "in" / "folders" / "file")
    assert (tmp_path / "in" / "folders" / "file").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "in" / "folders").iterdir()] == ["file"]


def test_nothing_of_the_user_goes_out(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ida password sesame-sesame\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GITHUB_TOKEN", "sesame-sesame")
    fetch(server, tmp_path / "file")
    assert {name.lower() for name in server.headers[0]} == {
        *("host", "user-agent", "accept", "accept-encoding", "connection")
    }


def test_a_cut_connection_is_gone_on_from(server: FileServer, tmp_path: Path):
    server.replies = [cut_after(4000), cut_after(4000), serve]
    fetch(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert [told for _, told in server.asked] == ["", "bytes=4000-", "bytes=8000-"]


def test_what_a_killed_process_left_is_gone_on_from(server: FileServer, tmp_path: Path):
    (tmp_path / "file.part").write_bytes(CONTENT[:5000])
    fetch(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert [told for _, told in server.asked] == ["bytes=5000-"]


def test_what_is_left_of_another_file_is_not_trusted(server: FileServer, tmp_path: Path):
    (tmp_path / "file.part").write_bytes(b"x" * 5000)
    fetch(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_what_is_left_may_be_longer_than_the_file(server: FileServer, tmp_path: Path):
    (tmp_path / "file.part").write_bytes(b"x" * 50_000)
    fetch(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_server_that_ignores_ranges_begins_anew(server: FileServer, tmp_path: Path):
    server.replies = [cut_after(4000), whole]
    fetch(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_another_range_than_was_asked_for_is_not_taken(server: FileServer, tmp_path: Path):
    def other_part(handler: Handler, content: bytes, begin: int) -> None:
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes 0-{len(content) - 1}/{len(content)}")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    server.replies = [cut_after(4000), other_part, serve]
    fetch(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("code", [429, 500, 503, 416])
def test_a_refusal_for_the_moment_is_tried_again(code: int, server: FileServer, tmp_path: Path):
    server.replies = [status(code, Retry_After="0"), serve]
    fetch(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_the_server_says_how_long_to_wait(server: FileServer, tmp_path: Path):
    server.replies = [status(429, Retry_After="0.3"), serve]
    begin = time.monotonic()
    fetch(server, tmp_path / "file")
    assert time.monotonic() - begin >= 0.3


def test_tries_end(server: FileServer, tmp_path: Path):
    server.replies = [status(503)]
    with pytest.raises(InputError, match=r"answered 503.*check the network, or use a copy"):
        fetch(server, tmp_path / "file")
    assert len(server.asked) == 3
    assert nothing_is_left(tmp_path / "file")


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_a_refusal_for_good_is_not_tried_again(code: int, server: FileServer, tmp_path: Path):
    server.replies = [status(code)]
    with pytest.raises(InputError, match=f"/file: answered {code}.*--from FOLDER"):
        fetch(server, tmp_path / "file")
    assert len(server.asked) == 1


def test_a_wrong_hash_leaves_nothing(server: FileServer, tmp_path: Path):
    server.files["/file"] = CONTENT[:-1] + b"?"
    with pytest.raises(InputError, match=f"another file than the catalogue knows.*expected {DIGEST}"):
        fetch(server, tmp_path / "file")
    assert nothing_is_left(tmp_path / "file")


def test_a_larger_file_is_refused_by_its_length(server: FileServer, tmp_path: Path):
    server.files["/file"] = CONTENT + b"more"
    with pytest.raises(InputError, match=f"{len(CONTENT) + 4} bytes, expected {len(CONTENT)}"):
        fetch(server, tmp_path / "file")
    assert nothing_is_left(tmp_path / "file")


def test_a_file_without_end_is_stopped(server: FileServer, tmp_path: Path):
    sent = 0

    def endless(handler: Handler, content: bytes, begin: int) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.end_headers()
        while sent < 1 << 26:
            handler.wfile.write(b"x" * 65536)
            sent += 65536

    server.replies = [endless]
    with pytest.raises(InputError, match=f"more than the {len(CONTENT)} bytes"):
        fetch(server, tmp_path / "file")
    assert nothing_is_left(tmp_path / "file")
    assert sent < 1 << 26


def test_packed_content_is_not_unpacked(server: FileServer, tmp_path: Path):
    server.replies = [status(200, Content_Encoding="gzip")]
    with pytest.raises(InputError, match="Content-Encoding gzip"):
        fetch(server, tmp_path / "file")


@pytest.mark.parametrize(
    "target",
    ["file:///etc/hostname", "http://example.org/file", "ftp://127.0.0.1/file", "gopher://127.0.0.1/", "data:,x"],
)
def test_a_redirection_to_another_scheme_is_not_followed(target: str, server: FileServer, tmp_path: Path):
    server.replies = [status(302, Location=target)]
    with pytest.raises(InputError, match=r"redirects to|answered 302"):
        fetch(server, tmp_path / "file")
    assert nothing_is_left(tmp_path / "file")
    assert len(server.asked) == 1


def test_a_redirection_on_this_machine_is_followed(server: FileServer, tmp_path: Path):
    server.files["/there"] = CONTENT
    server.replies = [status(302, Location="/there"), serve]
    fetch(server, tmp_path / "file")
    assert [path for path, _ in server.asked] == ["/file", "/there"]


def test_redirections_end(server: FileServer, tmp_path: Path):
    server.replies = [status(302, Location="/file")]
    with pytest.raises(InputError, match="answered 302"):
        fetch(server, tmp_path / "file")
    assert len(server.asked) < 10


@pytest.mark.parametrize(
    "url", ["http://example.org/x", "file:///etc/hostname", "ftp://example.org/x", "x", "http://["]
)
def test_only_https_is_asked(url: str, tmp_path: Path):
    with pytest.raises(InputError, match="only https"):
        download(url, tmp_path / "file", size=1, digest=DIGEST)


def test_silence_ends(server: FileServer, tmp_path: Path):
    def silent(handler: Handler, content: bytes, begin: int) -> None:
        time.sleep(1.0)

    server.replies = [silent]
    begin = time.monotonic()
    with pytest.raises(InputError, match=r"nothing came for 0\.2 seconds"):
        fetch(server, tmp_path / "file", Patience(silence=0.2, pause=0.01, tries=2))
    assert time.monotonic() - begin < 3


def test_a_slow_drip_ends(server: FileServer, tmp_path: Path):
    def drip(handler: Handler, content: bytes, begin: int) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        for place in range(len(content)):
            handler.wfile.write(content[place : place + 1])
            time.sleep(0.05)

    server.replies = [drip, serve]
    begin = time.monotonic()
    # 10,240 bytes at a hundred thousand a second take 0.1 s; one byte each 0.05 s would take 512.
    fetch(server, tmp_path / "file", Patience(silence=0.4, slowest=100_000, pause=0.01, tries=3))
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert time.monotonic() - begin < 5


def test_a_header_that_never_ends_is_cut(server: FileServer, tmp_path: Path):
    def header_drip(handler: Handler, content: bytes, begin: int) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        for _ in range(100):
            handler.wfile.write(b"x")
            time.sleep(0.05)

    server.replies = [header_drip]
    with pytest.raises(InputError, match="too slow"):
        fetch(server, tmp_path / "file", Patience(silence=0.3, slowest=100_000, pause=0.01, tries=1))


def test_nobody_there(tmp_path: Path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(InputError, match=r"cannot be reached.*check the network"):
        download(f"http://127.0.0.1:{port}/x", tmp_path / "file", size=1, digest=DIGEST, patience=QUICK)


def test_the_proxy_of_the_environment_is_asked(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", server.url.replace("http://", "http://ida:sesame-sesame@"))
    monkeypatch.setenv("no_proxy", "")
    address = "http://localhost:9/file"
    server.files[address] = CONTENT
    download(address, tmp_path / "file", size=len(CONTENT), digest=DIGEST, patience=QUICK)
    assert server.asked[0][0] == address
    assert any(name.lower() == "proxy-authorization" for name in server.headers[0])


def test_the_password_of_a_proxy_is_not_shown(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", server.url.replace("http://", "http://ida:sesame-sesame@"))
    monkeypatch.setenv("no_proxy", "")
    server.replies = [status(407)]
    with pytest.raises(InputError, match="through the proxy") as caught:
        download("http://localhost:9/file", tmp_path / "file", size=1, digest=DIGEST, patience=QUICK)
    assert "sesame" not in str(caught.value)


def test_what_a_proxy_is_told_does_not_go_on(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", server.url.replace("http://", "http://ida:sesame-sesame@"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server.files["/there"] = CONTENT
    server.replies = [status(302, Location=f"{server.url}/there"), serve]
    download("http://localhost:9/file", tmp_path / "file", size=len(CONTENT), digest=DIGEST, patience=QUICK)
    assert not any(name.lower() == "proxy-authorization" for name in server.headers[1])
