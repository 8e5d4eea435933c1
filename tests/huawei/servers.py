"""A server that answers as it is told, one prepared act a request: for what no well-behaved cloud does."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Act:
    """Answer with these; `drops` closes the connection instead, `cuts` in the middle of the body."""

    status: int = 200
    content: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    drops: bool = False
    cuts: bool = False


DROP = Act(drops=True)
CUT = Act(content=b'{"name": "orders"}', cuts=True)


@dataclass(frozen=True)
class Seen:
    """A request as it came in. `path` has the query."""

    method: str
    path: str
    headers: dict[str, str]
    content: bytes


class Stage:
    """What a running server is to do, and what it has seen. When the acts are used up it answers 200 and `{}`."""

    def __init__(self) -> None:
        self.acts: list[Act] = []
        self.seen: list[Seen] = []
        self.url = ""


@contextmanager
def staged() -> Iterator[Stage]:
    """Run a server on loopback."""
    stage = Stage()

    class Player(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def play(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            stage.seen.append(Seen(self.command, self.path, headers, content))
            act = stage.acts.pop(0) if stage.acts else Act()
            if act.drops:
                self.close_connection = True
                return
            self.send_response(act.status)
            for name, value in act.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(act.content) + (10 if act.cuts else 0)))
            self.end_headers()
            self.wfile.write(act.content)
            self.close_connection = act.cuts

        do_GET = do_POST = do_PUT = do_DELETE = play

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Player)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    stage.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield stage
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
