"""Traces (OpenTelemetry): off, and not even loaded, unless OTEL_EXPORTER_OTLP_ENDPOINT is set."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

_tracer: Any = None
_shut_down: Callable[[], None] | None = None


def parent_of(headers: Mapping[bytes, bytes]) -> str | None:
    """The caller's traceparent (W3C Trace Context), or None where there is none that is well formed."""
    text = headers.get(b"traceparent", b"").decode("latin-1")
    return text if _TRACEPARENT.fullmatch(text) else None


def is_on() -> bool:
    """Whether anybody asked for traces."""
    return _tracer is not None


def span(name: str, parent: str | None, **attributes: Any) -> AbstractContextManager[str | None]:
    """Work under `parent`; gives the traceparent for what follows: `parent` itself while tracing is off."""
    return _span(name, parent, attributes) if is_on() else nullcontext(parent)


def tell(name: str, parent: str, began: int, **attributes: Any) -> None:
    """Work under `parent` that is done by now; it began at `began`, in nanoseconds since 1970."""
    if is_on():
        _tracer.start_span(name, context=_context(parent), attributes=attributes, start_time=began).end()


def set_up(process: str) -> None:
    """Begins to export this process's spans, where an endpoint is given."""
    global _tracer, _shut_down
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"rapport-{process}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _tracer = provider.get_tracer("rapport")
    _shut_down = provider.shutdown


def shut_down() -> None:
    """Sends what is still waiting."""
    if _shut_down is not None:
        _shut_down()


@contextmanager
def _span(name: str, parent: str | None, attributes: Mapping[str, Any]) -> Iterator[str | None]:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    # Errors are counted and logged elsewhere; their text may repeat a value that was refused.
    with _tracer.start_as_current_span(
        name,
        context=_context(parent),
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ):
        carrier: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(carrier)
        yield carrier.get("traceparent")


def _context(parent: str | None) -> Any:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": parent} if parent else {})
