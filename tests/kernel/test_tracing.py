"""Traces: nothing at all while they are off; spans that hang together once an endpoint is named."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from kernel import tracing

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def collector(monkeypatch):
    """What an OTLP collector received, once tracing is shut down."""
    received = ExportTraceServiceRequest()

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            received.MergeFromString(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(tracing, "_span", None)
    monkeypatch.setattr(tracing, "_shut_down", None)
    yield received
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("header", "parent"),
    [
        (PARENT, PARENT),
        ("", None),
        (PARENT[:-1], None),
        (PARENT.upper(), None),
        ("00-" + "0" * 32 + "-b7ad6b7169203331-01", None),
        (PARENT + "\0", None),
    ],
)
def test_only_a_well_formed_traceparent_is_taken(header, parent):
    assert tracing.parent_of({b"traceparent": header.encode()}) == parent


def test_while_it_is_off_the_parent_passes_through_and_nothing_is_loaded():
    code = (
        "import sys; from kernel import tracing; tracing.set_up('x');"
        f"span = tracing.span('a', '{PARENT}'); print(span.__enter__());"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == [PARENT, "[]"]


def test_spans_hang_together_and_are_exported(collector):
    tracing.set_up("contacts")
    with tracing.span("command", PARENT) as first, tracing.span("view", first, view="person") as second:
        pass
    tracing.shut_down()
    [resource] = collector.resource_spans
    spans = {span.name: span for scope in resource.scope_spans for span in scope.spans}
    assert {span.trace_id.hex() for span in spans.values()} == {PARENT.split("-")[1]}
    assert spans["command"].parent_span_id.hex() == PARENT.split("-")[2]
    assert spans["view"].parent_span_id == spans["command"].span_id
    assert second.split("-")[2] == spans["view"].span_id.hex()


def test_an_error_leaves_no_text_in_a_span(collector):
    tracing.set_up("contacts")
    with pytest.raises(ValueError, match="Erika"), tracing.span("command", None):
        raise ValueError("Erika Mustermann")
    tracing.shut_down()
    assert b"Erika" not in collector.SerializeToString()
