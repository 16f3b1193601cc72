"""The witness over HTTP: ``POST <prefix>/add-checkpoint`` of https://c2sp.org/tlog-witness, served and called.

Bounded: the size of a request, the time it may take, and how many are served at once. The clock is handed in.
"""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from typing import Any
from urllib.parse import urlsplit

from clew.core import UsageError
from clew.ledger.checkpoint import parse_size
from clew.ledger.cosign import attach_cosignatures, request_cosignature
from clew.ledger.errors import VerificationError
from clew.ledger.note import Note, Signature, VerifierKey
from clew.ledger.witness import RefusedError, Witness

PATH = "/add-checkpoint"
MAX_REQUEST_BYTES = 65_536  # 63 hashes of 45 bytes, and room for some hundred Ed25519 signatures
MAX_RESPONSE_BYTES = 65_536
MAX_AT_ONCE = 16
TIMEOUT_SECONDS = 10.0
SIZE_TYPE = "text/x.tlog.size"


class WitnessServer(ThreadingHTTPServer):
    """Serves `witness` at `address`; ``serve_forever`` and ``shutdown`` are those of the standard library."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], witness: Witness, clock: Callable[[], int]) -> None:
        self.witness, self.clock, self._places = witness, clock, threading.BoundedSemaphore(MAX_AT_ONCE)
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Waits for a place before the next request is taken up."""
        self._places.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """Frees the place afterwards."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    timeout = TIMEOUT_SECONDS

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.path != PATH:
            self._answer(HTTPStatus.NOT_FOUND, "POST a checkpoint to /add-checkpoint\n")
        elif not (length.isascii() and length.isdecimal()):
            self._answer(HTTPStatus.LENGTH_REQUIRED, "a Content-Length is needed\n")
        elif len(length) > 9 or int(length) > MAX_REQUEST_BYTES:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {MAX_REQUEST_BYTES} bytes\n")
        else:
            self._add_checkpoint(self.rfile.read(int(length)))

    def _add_checkpoint(self, body: bytes) -> None:
        try:
            signature = self.server.witness.add_checkpoint(body, self.server.clock())
        except RefusedError as error:
            if error.status is HTTPStatus.CONFLICT:
                self._answer(error.status, f"{error.held}\n", SIZE_TYPE)
            else:
                self._answer(error.status, f"{error.what}\n")
        except (VerificationError, OSError) as error:
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, f"{error}\n")
        else:
            self._answer(HTTPStatus.OK, str(signature))

    def _answer(self, status: HTTPStatus, body: str, kind: str = "text/plain; charset=utf-8") -> None:
        encoded = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(encoded)))
        self.send_header("Connection", "close")  # an unread body must not be taken for the next request
        self.close_connection = True
        self.end_headers()
        self.wfile.write(encoded)

    def version_string(self) -> str:
        return "clew-witness"

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the witness's own files say what it cosigned and what it refused."""


def _post(url: str, body: bytes) -> tuple[int, bytes]:
    request = urllib.request.Request(url.rstrip("/") + PATH, data=body, method="POST")  # noqa: S310 (scheme is checked)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            return answer.status, answer.read(MAX_RESPONSE_BYTES)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(MAX_RESPONSE_BYTES)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The witness does not answer: {error}.", where=url, mend="try again, or carry a stick"
        ) from error


def cosign_over_http(folder: Path, url: str, witness: VerifierKey, *, seen: int = 0) -> int:
    """Has the ledger in `folder` cosigned by the `witness` at `url`; the number of entries it has now seen.

    `seen` is a guess at what it saw last; it says so itself if the guess is wrong (409). Raises `VerificationError` if
    it refuses, `UsageError` if it cannot be reached.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise UsageError(f"{url!r} is not a web address.", mend="write it as http://HOST:PORT")
    for guess_again in (True, False):
        request = request_cosignature(folder, seen)
        status, body = _post(url, bytes(request))
        text = body.decode("utf-8", "replace")
        if status == HTTPStatus.OK:
            lines = [Signature.parse(line) for line in text.splitlines() if line]
            cosigned = Note.parse(request.checkpoint).with_signatures(lines)
            return attach_cosignatures(folder, bytes(cosigned), [witness]).size
        if status == HTTPStatus.CONFLICT and guess_again and parse_size(text.strip()) != seen:
            seen = parse_size(text.strip())
            continue
        break
    raise VerificationError(
        f"The witness refuses to cosign (HTTP {status}): {text.strip()[:200]}",
        where=url,
        why="it has seen a past of this ledger that the ledger does not show now",
        mend="compare with the checkpoint it holds: `clew witness show`",
    )
