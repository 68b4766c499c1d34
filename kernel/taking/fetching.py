"""Whether a consumer still fetches."""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer


def gave_up(consumer: AIOKafkaConsumer) -> bool:
    """Whether its fetcher ended by an error that it did not foresee: it brings nothing more and says nothing.

    So it does when it writes to a connection that has just been reset.
    """
    return bool(consumer._fetcher.error_future.done())
