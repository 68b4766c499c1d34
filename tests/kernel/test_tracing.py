"""Traces: nothing at all while they are off; spans that hang together once an endpoint is named."""

import subprocess
import sys

import pytest

from kernel import tracing
from tests.collecting import collecting, spans_of

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def collector(monkeypatch):
    """What was received, once tracing is shut down."""
    with collecting() as (endpoint, received):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        monkeypatch.setattr(tracing, "_tracer", None)
        monkeypatch.setattr(tracing, "_shut_down", None)
        yield received


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
    spans = {span.name: span for _, span in spans_of(collector)}
    assert {span.trace_id.hex() for span in spans.values()} == {PARENT.split("-")[1]}
    assert spans["command"].parent_span_id.hex() == PARENT.split("-")[2]
    assert spans["view"].parent_span_id == spans["command"].span_id
    assert second.split("-")[2] == spans["view"].span_id.hex()


def test_work_that_is_done_is_told_afterwards(collector):
    tracing.set_up("worker")
    tracing.tell("view person", PARENT, 1_700_000_000_000_000_000, events=2)
    tracing.shut_down()
    [(process, span)] = spans_of(collector)
    assert (process, span.name) == ("rapport-worker", "view person")
    assert f"00-{span.trace_id.hex()}-{span.parent_span_id.hex()}-01" == PARENT
    assert span.start_time_unix_nano == 1_700_000_000_000_000_000 < span.end_time_unix_nano


def test_a_trace_that_its_caller_does_not_record_is_not_recorded_here(collector):
    tracing.set_up("contacts")
    with tracing.span("command", PARENT[:-1] + "0") as trace:
        tracing.tell("view person", trace, 1)
    tracing.shut_down()
    assert spans_of(collector) == []


def test_an_error_leaves_no_text_in_a_span(collector):
    tracing.set_up("contacts")
    with pytest.raises(ValueError, match="Erika"), tracing.span("command", None):
        raise ValueError("Erika Mustermann")
    tracing.shut_down()
    assert b"Erika" not in collector.SerializeToString()
