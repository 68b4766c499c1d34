"""HTTP/1.1 as uvicorn speaks it, save for one thing: what is no HTTP is refused by a problem too."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kernel.web.problems import CONTENT_TYPE, Problem

HEAD = b"HTTP/1.1 400 Bad Request\r\ncontent-type: %b\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
MALFORMED = Problem("malformed-request", "This is no HTTP/1.1 request.").body()


class Protocol(HttpToolsProtocol):
    """One connection."""

    def send_400_response(self, msg: str) -> None:
        """Answers what could not be parsed, and ends the connection: what follows has no beginning."""
        self.transport.write(HEAD % (CONTENT_TYPE, len(MALFORMED)) + MALFORMED)
        self.transport.close()
