"""One file of known size and SHA-256, fetched over HTTPS.

What has come of a file is kept beside its place (`NAME.part`) and gone on from, also by another process after this one
was killed. Silence, a cut connection, status 408, 425, 429 and 5xx are met by another try after a pause that doubles,
or as long as `Retry-After` says. More bytes than the file has are never taken, and nothing gets its name before its
SHA-256 is right.

The library is that of Python: the proxies of the environment, their passwords and certificates are its business, a
request can be cut from outside (`evalkit.wires`), and nothing has to be installed for it. No cookies, no keys and no
`.netrc` go out.
"""

from __future__ import annotations

import http.client
import re
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from evalkit.errors import InputError
from evalkit.files import growing, make_folder, remove_file, rename_file, writing
from evalkit.secrets import redacted
from evalkit.showing import number_of
from evalkit.wires import Wire, WiredRequest, WireHandler, proxy_of, seconds_to_wait

__all__ = ["Patience", "Stop", "download", "hash_of"]

PART = ".part"
_PIECE = 1 << 16
_LONGEST_PAUSE = 60.0
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_MOST_REDIRECTIONS = 5
_STOPPED = "stopped"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_RANGE = re.compile(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15}|\*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a file is waited for.

    Attributes:
        silence: seconds without a byte.
        slowest: bytes a second on average, below which a connection is cut after `silence`.
        tries: how many of them in a row may bring nothing.
        pause: seconds before the second.
    """

    silence: float = 30.0
    slowest: int = 8192
    tries: int = 5
    pause: float = 1.0


class Stop:
    """By which whoever waits for several files has all of them end at once."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._wires: set[Wire] = set()

    def now(self) -> None:
        """Cuts every connection, and lets nobody try again."""
        self._over.set()
        for wire in tuple(self._wires):
            wire.cut(_STOPPED)

    def rest(self, seconds: float) -> bool:
        """Waits before the next try, and says whether there is none."""
        return self._over.wait(seconds)

    @contextmanager
    def watched(self, wire: Wire, seconds: float) -> Iterator[None]:
        """Has a connection cut when it is over, or after so many seconds, however busy it is."""
        watch = threading.Timer(seconds, wire.cut, ["it is too slow"])
        watch.daemon = True
        watch.start()
        self._wires.add(wire)
        try:
            if self._over.is_set():
                wire.cut(_STOPPED)
            yield
        finally:
            watch.cancel()
            self._wires.discard(wire)


class _InterruptedError(Exception):
    """A try that ended early; another may bring more.

    Attributes:
        wait: seconds that the other side wants to have waited, if it said so.
    """

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class _Redirections(urllib.request.HTTPRedirectHandler):
    """Follows to addresses that may be asked, and to no others."""

    max_redirections = _MOST_REDIRECTIONS

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if not _may_be_asked(newurl, after=req.full_url):
            raise InputError(
                f"{_shown(req.full_url)}: redirects to {_shown(newurl)}, where nothing is fetched from (https only); "
                "get a copy by hand and use --from FOLDER"
            )
        # What a proxy wants to know is for the proxy alone.
        headers = {name: value for name, value in req.headers.items() if not name.lower().startswith("proxy-")}
        return WiredRequest(newurl, None, headers, req.wire if isinstance(req, WiredRequest) else Wire())


def hash_of(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal digits.

    Raises:
        OSError: it cannot be read.
    """
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def download(
    url: str, target: Path, *, size: int, digest: str, patience: Patience | None = None, stop: Stop | None = None
) -> None:
    """Fetches a file to its place, whole and right or not at all.

    Only one process at a time may fetch a file: whoever calls holds a lock.

    Args:
        url: an address with https (with http only on this machine).
        target: where it goes; a file in its place is replaced.
        size: how many bytes it has.
        digest: its SHA-256 in hexadecimal digits.
        patience: how long it is waited for.
        stop: by which others can end it.

    Raises:
        InputError: it cannot be fetched, or something else is there; one line with the address, why, and what to do.
        OutputError: it cannot be written.
    """
    if not _may_be_asked(url):
        raise InputError(f"{_shown(url)}: only https is fetched from; mend the address")
    part = target.with_name(target.name + PART)
    with writing(target):
        make_folder(target.parent)
    resumed = _size_of(part) > 0
    patience, stop = patience or Patience(), stop or Stop()
    _fill(url, part, size, patience, stop)
    if (found := hash_of(part)) != digest and resumed:
        # What another process left may be of anything.
        remove_file(part)
        _fill(url, part, size, patience, stop)
        found = hash_of(part)
    if found != digest:
        remove_file(part)
        raise InputError(
            f"{_shown(url)}: is another file than the catalogue knows (SHA-256 {found}, expected {digest}); nothing of "
            "it was used: try again later, or get a copy by hand and use --from FOLDER"
        )
    rename_file(part, target)


def _fill(url: str, part: Path, size: int, patience: Patience, stop: Stop) -> None:
    """Brings the part of a file to its size."""
    fruitless, pause = 0, patience.pause
    while (before := _size_of(part)) < size:
        try:
            _try(url, part, before, size, patience, stop)
        except _InterruptedError as error:
            if _size_of(part) > before:
                fruitless, pause = 0, patience.pause
            fruitless += 1
            if fruitless >= patience.tries:
                raise InputError(f"{_shown(url)}: {error}; {_remedy(url)}") from error
            if stop.rest(min(pause if error.wait is None else error.wait, _LONGEST_PAUSE)):
                raise InputError(f"{_shown(url)}: {_STOPPED}") from error
            pause *= 2
    if before > size:
        # Of another file, or of another process that did not keep to the lock.
        remove_file(part)
        _fill(url, part, size, patience, stop)


def _size_of(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _try(url: str, part: Path, begin: int, size: int, patience: Patience, stop: Stop) -> None:
    """Adds to the part what one request brings.

    Raises:
        _InterruptedError: another may bring more.
        InputError: none will.
    """
    headers = {"User-Agent": "evalkit", "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}
    if begin:
        headers["Range"] = f"bytes={begin}-"
    wire = Wire()
    with stop.watched(wire, patience.silence + (size - begin) / patience.slowest):
        try:
            with _opener().open(WiredRequest(url, None, headers, wire), timeout=patience.silence) as answer:
                _take(url, answer, part, begin, size)
        except urllib.error.HTTPError as error:
            with error:
                raise _refused(url, part, error) from error
        except urllib.error.URLError as error:
            raise _unreached(url, error.reason, patience) from error
        except TimeoutError as error:
            raise _InterruptedError(f"nothing came for {patience.silence:g} seconds") from error
        except _InterruptedError as error:
            raise _InterruptedError(wire.cut_for or str(error), error.wait) from error
        except (http.client.HTTPException, OSError, ValueError) as error:
            said = wire.cut_for or f"the connection was cut ({_shown(str(error) or type(error).__name__)})"
            raise _InterruptedError(said) from error


def _take(url: str, answer: Any, part: Path, begin: int, size: int) -> None:
    """Writes the content of an answer behind what there is, or in its place."""
    coded = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if coded not in ("", "identity"):
        raise InputError(f"{_shown(url)}: answers with Content-Encoding {coded[:40]}, which was not asked for")
    if begin and not _goes_on(answer, begin, size):
        remove_file(part)
        if answer.status == 206:
            raise _InterruptedError("answered with another part than was asked for")
        begin = 0
    told = answer.headers.get("Content-Length", "")
    if told.isdecimal() and len(told) < 16 and begin + int(told) != size:
        raise InputError(
            f"{_shown(url)}: is another file than the catalogue knows: {begin + int(told)} bytes, expected {size}; "
            "get a copy by hand and use --from FOLDER"
        )
    with growing(part) as append:
        while piece := answer.read1(_PIECE):
            begin += len(piece)
            if begin > size:
                break
            append(piece)
    if begin > size:
        remove_file(part)
        raise InputError(
            f"{_shown(url)}: has more than the {number_of(size, 'byte')} that the catalogue knows of; nothing of it "
            "was used: get a copy by hand and use --from FOLDER"
        )
    if begin < size:
        raise _InterruptedError(f"the connection was cut after {begin} of {size} bytes")


def _goes_on(answer: Any, begin: int, size: int) -> bool:
    """Whether an answer holds what follows a beginning, and not the whole file."""
    told = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    return answer.status == 206 and told is not None and int(told[1]) == begin and told[2] in ("*", str(size))


def _refused(url: str, part: Path, error: urllib.error.HTTPError) -> Exception:
    message = f"answered {error.code} {_shown(str(error.reason))}".rstrip()
    if error.code == 416:
        # There is nothing behind what there is: it is of another file.
        remove_file(part)
        return _InterruptedError(message)
    if error.code in _AGAIN:
        return _InterruptedError(message, seconds_to_wait(error.headers.get("Retry-After")))
    through = f" ({proxy})" if (proxy := proxy_of(url)) else ""
    return InputError(f"{_shown(url)}: {message}{through}; get a copy by hand and use --from FOLDER")


def _unreached(url: str, reason: object, patience: Patience) -> Exception:
    if isinstance(reason, TimeoutError):
        return _InterruptedError(f"nothing came for {patience.silence:g} seconds")
    if isinstance(reason, socket.gaierror):
        return InputError(f"{_shown(url)}: cannot be reached ({_shown(str(reason))}); {_remedy(url)}")
    return _InterruptedError(f"cannot be reached ({_shown(str(reason))})")


def _remedy(url: str) -> str:
    proxy = proxy_of(url)
    return f"check the network{f' ({proxy})' if proxy else ''}, or use a copy: evalkit dataset get NAME --from FOLDER"


def _opener() -> urllib.request.OpenerDirector:
    """What opens http and https, through the proxies of the environment, and nothing else."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        _Redirections(),
        urllib.request.HTTPErrorProcessor(),
        WireHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _may_be_asked(url: str, after: str = "") -> bool:
    """Whether an address has https, or http on this machine (after a redirection: only from there)."""
    try:
        parts, before = urlsplit(url), urlsplit(after)
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(parts.hostname)
    here = parts.hostname in _LOOPBACK and (not after or before.hostname in _LOOPBACK)
    return parts.scheme == "http" and here


def _shown(text: str) -> str:
    """A text of others in one line, without passwords."""
    return " ".join(redacted(text).split())[:240]
