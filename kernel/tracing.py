"""Traces (OpenTelemetry): off, and not even loaded, unless OTEL_EXPORTER_OTLP_ENDPOINT is set."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

_span: Callable[..., AbstractContextManager[str | None]] | None = None
_shut_down: Callable[[], None] | None = None


def parent_of(headers: Mapping[bytes, bytes]) -> str | None:
    """The caller's traceparent (W3C Trace Context), or None where there is none that is well formed."""
    text = headers.get(b"traceparent", b"").decode("latin-1")
    return text if _TRACEPARENT.fullmatch(text) else None


def span(name: str, parent: str | None, **attributes: Any) -> AbstractContextManager[str | None]:
    """Work under `parent`; gives the traceparent for what follows: `parent` itself while tracing is off."""
    return nullcontext(parent) if _span is None else _span(name, parent, attributes)


def set_up(process: str) -> None:
    """Begins to export this process's spans, where an endpoint is given."""
    global _span, _shut_down
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"rapport-{process}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _span = _spans(provider)
    _shut_down = provider.shutdown


def shut_down() -> None:
    """Sends what is still waiting."""
    if _shut_down is not None:
        _shut_down()


def _spans(provider: Any) -> Callable[..., AbstractContextManager[str | None]]:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    tracer = provider.get_tracer("rapport")
    propagator = TraceContextTextMapPropagator()

    @contextmanager
    def started(name: str, parent: str | None, attributes: Mapping[str, Any]) -> Iterator[str | None]:
        context = propagator.extract({"traceparent": parent} if parent else {})
        # Errors are counted and logged elsewhere; their text may repeat a value that was refused.
        with tracer.start_as_current_span(
            name,
            context=context,
            attributes=dict(attributes),
            record_exception=False,
            set_status_on_exception=False,
        ):
            carrier: dict[str, str] = {}
            propagator.inject(carrier)
            yield carrier.get("traceparent")

    return started
