"""Connections over HTTP that can be cut from outside, for whatever sends requests.

Silence is noticed by a socket. That somebody is never silent and never done (a byte of a header now and then) is not:
so whoever sends a request can have its connection cut by another thread, wherever it stands.
"""

from __future__ import annotations

import contextlib
import email.utils
import http.client
import re
import socket
import threading
import time
import urllib.parse
import urllib.request
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl

__all__ = ["Wire", "WireHandler", "WiredRequest", "proxy_of", "seconds_to_wait"]


class Wire:
    """The connection of one request, which others can cut."""

    def __init__(self) -> None:
        self.cut_for = ""
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def connect(self, address: tuple[str, int], timeout: float, source: Any = None) -> socket.socket:
        """A socket to an address, as `socket.create_connection` makes it."""
        made = socket.create_connection(address, timeout, source)
        self.hold(made)
        return made

    def hold(self, made: socket.socket) -> None:
        """Take the socket of which the request makes use from now on."""
        with self._lock:
            self._socket = made
        if self.cut_for:
            self.cut(self.cut_for)

    def cut(self, reason: str) -> None:
        """Have whoever reads or writes there see its end."""
        with self._lock:
            self.cut_for = self.cut_for or reason
            if self._socket is not None:
                # Not that of an encrypted socket, which would end what encrypts it under the hands of its reader.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _Connection(http.client.HTTPConnection):
    def __init__(self, host: str, *, wire: Wire, **rest: Any) -> None:
        super().__init__(host, **rest)
        self._create_connection = wire.connect


class _SecureConnection(http.client.HTTPSConnection):
    def __init__(self, host: str, *, wire: Wire, **rest: Any) -> None:
        super().__init__(host, **rest)
        self._create_connection = wire.connect
        self._wire = wire

    def connect(self) -> None:
        super().connect()
        self._wire.hold(self.sock)


class WiredRequest(urllib.request.Request):
    """A request whose connection is a wire; a body is posted, without one the address is got."""

    def __init__(self, url: str, body: bytes | None, headers: dict[str, str], wire: Wire) -> None:
        super().__init__(url, data=body, headers=headers)
        self.wire = wire


class WireHandler(urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
    """Opens connections that can be cut."""

    def __init__(self) -> None:
        urllib.request.HTTPHandler.__init__(self)
        self._trust: ssl.SSLContext | None = None

    def http_open(self, req: Any) -> Any:
        """Sends a request over a plain connection."""
        return self.do_open(partial(_Connection, wire=req.wire), req)

    def https_open(self, req: Any) -> Any:
        """Sends a request over an encrypted one."""
        if self._trust is None:
            import ssl

            self._trust = ssl.create_default_context()
            self._trust.set_alpn_protocols(["http/1.1"])
        return self.do_open(partial(_SecureConnection, wire=req.wire), req, context=self._trust)


def proxy_of(url: str) -> str:
    """The proxy of the environment that requests to an address go through, in words; empty if there is none."""
    parts = urllib.parse.urlsplit(url)
    proxy = urllib.request.getproxies().get(parts.scheme, "")
    if not proxy or urllib.request.proxy_bypass(parts.hostname or ""):
        return ""
    # Without the name and password that it may hold.
    shown = proxy.rpartition("@")[2] if "@" in proxy else proxy.rpartition("//")[2]
    return f"asked through the proxy {shown} of {parts.scheme}_proxy; NO_PROXY={parts.hostname} goes around it"


def seconds_to_wait(value: str | None) -> float | None:
    """`Retry-After` in seconds, given as a number or as a date; None if it is neither."""
    if value is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value.strip()):
        return float(value)
    try:
        return max(email.utils.parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except Exception:  # whatever the date of a stranger makes that function stumble over
        return None
