"""Where the events of a build come from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from kernel.taking.arrivals import Arrival, Reading
from kernel.taking.checkpoints import Checkpoint


class Source(Protocol):
    """Hands out a log partition by partition: each service's events in the order of their positions."""

    async def left(self, after: Mapping[int, Checkpoint]) -> int:
        """About how many records follow these checkpoints, one for each partition."""

    def batches(self, partition: int, reading: Reading, after: Checkpoint) -> AsyncIterator[list[Arrival]]:
        """Everything of the partition after these heads that is there now, read by `reading`.

        Of each service in order; records that were taken already may come again. `after` is left as it is.
        """
