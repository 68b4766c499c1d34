"""The event store: durable appends and loads, each in groups."""

from kernel.log.store.store import Store as Store
