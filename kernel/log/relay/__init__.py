"""The relay: publishes one service's log to its topic, each partition in order and without gaps."""

from kernel.log.relay.process import run

__all__ = ["run"]
