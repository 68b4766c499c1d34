"""An OTLP collector of our own: it takes what is exported over HTTP, and keeps it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@contextmanager
def collecting() -> Iterator[tuple[str, ExportTraceServiceRequest]]:
    """Its endpoint, and what it has received by now."""
    received = ExportTraceServiceRequest()

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.MergeFromString(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def spans_of(received: ExportTraceServiceRequest) -> list[tuple[str, Span]]:
    """Every span with the name of its process."""
    return [
        (attribute.value.string_value, span)
        for each in received.resource_spans
        for attribute in each.resource.attributes
        if attribute.key == "service.name"
        for scope in each.scope_spans
        for span in scope.spans
    ]
