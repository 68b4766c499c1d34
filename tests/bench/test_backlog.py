"""A backlog is what the relay would have written."""

from __future__ import annotations

from bench.folding.backlog import PURCHASES, make
from kernel.log import envelope
from kernel.log.partitions import partition_of
from kernel.settings import Settings
from kernel.taking.arrivals import Reading
from services.projections.customers.customer_360 import CUSTOMER_360
from tests.folding import fold_all


async def test_a_backlog_is_gapless_and_every_event_counts_for_the_view(database: Settings) -> None:
    backlog = await make(database, 500, lines=5)
    reading = Reading([CUSTOMER_360])
    facts = []
    for (service, partition), records in backlog.records.items():
        found = [envelope.read(record.value) for record in records]
        assert [each.position for each in found] == list(range(1, len(records) + 1))
        assert {partition_of(each.partition_key) for each in found} == {partition}
        arrivals = [reading.read(service, 1, partition, n, record.value) for n, record in enumerate(records)]
        facts += [arrival.fact for arrival in arrivals if arrival.fact is not None]
    assert len(facts) == backlog.events == 500
    assert abs(backlog.of("sales") / 500 - PURCHASES) < 0.1
    assert fold_all(CUSTOMER_360, facts)
