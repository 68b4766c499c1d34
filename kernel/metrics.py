"""Every figure that our processes show Prometheus, each its own, with bounded labels: names, never ids."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TypeAlias

from prometheus_client import REGISTRY, metrics

# A family appears on /metrics once it is shown.
Counter = partial(metrics.Counter, registry=None)
Gauge = partial(metrics.Gauge, registry=None)
Histogram = partial(metrics.Histogram, registry=None)

Family: TypeAlias = metrics.Counter | metrics.Gauge | metrics.Histogram

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_COUNTS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000)

COMMANDS = Counter("rapport_commands_total", "Commands by their result", ["command", "result"])
COMMAND_SECONDS = Histogram("rapport_command_seconds", "From a command to its answer", buckets=_QUICK)
QUERIES = Counter("rapport_queries_total", "Queries by their status", ["query", "status"])
QUERY_SECONDS = Histogram("rapport_query_seconds", "From a query to its answer", ["query"], buckets=_QUICK)

APPEND_BATCH_EVENTS = Histogram("rapport_append_batch_events", "Events in one commit", buckets=_COUNTS)
APPEND_BATCH_COMMANDS = Histogram("rapport_append_batch_commands", "Commands in one commit", buckets=_COUNTS)
APPEND_SECONDS = Histogram("rapport_append_seconds", "Round trip of one commit", buckets=_QUICK)
APPEND_WAITING = Gauge("rapport_append_waiting", "Commands that wait for a commit")
APPEND_LOST = Counter(
    "rapport_append_lost_total", "Commands that lost: stale, taken or answered", ["outcome"]
)

RELAY_LAG_EVENTS = Gauge("rapport_relay_lag_events", "Events stored and not yet published")
RELAY_LAG_SECONDS = Gauge("rapport_relay_lag_seconds", "Age of the oldest event not yet published")
RELAY_PUBLISHED = Counter("rapport_relay_published_total", "Records acknowledged by Kafka")
RELAY_ERRORS = Counter("rapport_relay_errors_total", "Producers thrown away after an error")
RELAY_LEADER = Gauge("rapport_relay_leader", "1 while this relay holds the lease")

VIEW_LAG_EVENTS = Gauge("rapport_view_lag_events", "Records on the topics and not yet in the view", ["view"])
VIEW_LAG_SECONDS = Gauge("rapport_view_lag_seconds", "For how long the oldest of them has waited", ["view"])
VIEW_APPLIED = Counter("rapport_view_applied_total", "Events folded into the view", ["view"])
VIEW_PARKED = Gauge("rapport_view_parked", "Events set aside by the view", ["view"])
VIEW_GAPS = Counter("rapport_view_gaps_total", "Positions that did not follow the one before", ["view"])
CONSUMER_ERRORS = Counter("rapport_consumer_errors_total", "Errors of a consumer", ["consumer"])

REACTION_LAG_EVENTS = Gauge(
    "rapport_reaction_lag_events", "Records on the topics and not yet reacted to", ["reaction"]
)
REACTION_PARKED = Gauge("rapport_reaction_parked", "Commands of a reaction set aside", ["reaction"])

MATCHER_LAG = Gauge("rapport_matcher_lag_contacts", "Contacts that wait to be matched")
MATCHER_LEADER = Gauge("rapport_matcher_leader", "1 while this matcher holds the lease")

COMMANDING = (COMMANDS, COMMAND_SECONDS)
QUERYING = (QUERIES, QUERY_SECONDS)
APPENDING = (
    APPEND_BATCH_EVENTS,
    APPEND_BATCH_COMMANDS,
    APPEND_SECONDS,
    APPEND_WAITING,
    APPEND_LOST,
)
WAITING = (RELAY_LAG_EVENTS, RELAY_LAG_SECONDS)
RELAYING = (RELAY_PUBLISHED, RELAY_ERRORS, RELAY_LEADER)
FOLDING = (VIEW_LAG_EVENTS, VIEW_LAG_SECONDS, VIEW_APPLIED, VIEW_PARKED, VIEW_GAPS, CONSUMER_ERRORS)
REACTING = (REACTION_LAG_EVENTS, REACTION_PARKED, CONSUMER_ERRORS)

MATCHING = (MATCHER_LAG, MATCHER_LEADER)

_shown: set[Family] = set()


def show(families: Iterable[Family]) -> None:
    """From now on this process's /metrics has them."""
    for family in families:
        if family not in _shown:
            REGISTRY.register(family)
            _shown.add(family)
