"""Handing runs of records to Kafka in order, and knowing when they are there to stay."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerClosed
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.structs import RecordMetadata

from kernel.log import envelope
from kernel.log.envelope import CONTENT_TYPE, Envelope
from kernel.log.horizon import Horizon
from kernel.log.relay.marks import Mark
from kernel.settings import Settings

LARGEST_RUN = 2 * 1024 * 1024
"""Bytes of one run before compression; a single larger record goes alone."""

WORTH_COMPRESSING = 8
"""Records of a run; for fewer, compressing costs sender, broker and readers more time than it saves."""
NONE = DefaultRecordBatch.CODEC_NONE

SECONDS_TO_CONNECT = 10.0
SECONDS_TO_ACKNOWLEDGE = 10.0
SECONDS_TO_STOP = 1.0

HEADERS = [("content-type", CONTENT_TYPE)]

NOT_PUBLISHED = (KafkaError, TimeoutError, OSError)
"""What a publisher raises; all of it means: throw it away, and begin a new one at the marks."""


@dataclass(frozen=True, slots=True)
class Run:
    """Events of one partition that follow one another without a gap; at least one."""

    partition: int
    generation: int
    envelopes: Sequence[Envelope]


@dataclass(frozen=True, slots=True)
class Flight:
    """Runs on their way, at most one a partition: a later one must not arrive where the former one failed."""

    landings: Sequence[tuple[Run, int, asyncio.Future[RecordMetadata]]]

    async def landed(self) -> list[Mark]:
        """Waits for every acknowledgement; the marks that they allow."""
        async with asyncio.timeout(SECONDS_TO_ACKNOWLEDGE):
            answers = await asyncio.gather(*(future for _, _, future in self.landings))
        return [
            _mark(run, count, answer) for (run, count, _), answer in zip(self.landings, answers, strict=True)
        ]

    @property
    def records(self) -> int:
        return sum(count for _, count, _ in self.landings)

    @property
    def sent(self) -> dict[int, int]:
        """The last position handed over, by partition."""
        return {run.partition: run.envelopes[count - 1].position for run, count, _ in self.landings}


def _mark(run: Run, count: int, answer: RecordMetadata) -> Mark:
    if answer.offset < 0:
        raise KafkaError("The broker no longer knows where it put a repeated batch.")
    last = run.envelopes[count - 1].position
    return Mark(run.partition, run.generation, last, answer.offset + count - 1)


class Publisher:
    """An idempotent producer for one topic. After the first error it is of no use any more."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self._topic = topic
        self._producer = AIOKafkaProducer(
            bootstrap_servers=settings.kafka,
            acks="all",
            enable_idempotence=True,
            compression_type="zstd",
            max_batch_size=LARGEST_RUN,
            request_timeout_ms=int(SECONDS_TO_ACKNOWLEDGE * 1000),
        )

    async def open(self) -> None:
        """Connects; raises one of NOT_PUBLISHED."""
        async with asyncio.timeout(SECONDS_TO_CONNECT):
            await self._producer.start()

    async def send(self, runs: Sequence[Run]) -> Flight:
        """Hands the runs over; of a run too large for one batch only its beginning."""
        return Flight([await self._send(run) for run in runs])

    async def _send(self, run: Run) -> tuple[Run, int, asyncio.Future[RecordMetadata]]:
        few = len(run.envelopes) < WORTH_COMPRESSING
        batch = BatchBuilder(LARGEST_RUN, NONE) if few else self._producer.create_batch()
        for each in run.envelopes:
            time = int(each.recorded_at.timestamp() * 1000)
            key = each.partition_key_text.encode("ascii")
            if batch.append(timestamp=time, key=key, value=envelope.write(each), headers=HEADERS) is None:
                break
        batch.close()
        future = await self._producer.send_batch(batch, self._topic, partition=run.partition)
        return run, batch.record_count(), future

    async def tell(self, horizon: Horizon, topic: str) -> None:
        """Sends what is no event of the log, and waits until it is there."""
        key, value = horizon.service.encode(), msgspec.json.encode(horizon)
        async with asyncio.timeout(SECONDS_TO_ACKNOWLEDGE):
            await self._producer.send_and_wait(topic, value, key=key, partition=0)

    async def close(self) -> None:
        """Disconnects; what is still on its way is given up after a second."""
        try:
            async with asyncio.timeout(SECONDS_TO_STOP):
                await self._producer.stop()
        except NOT_PUBLISHED:
            await self._give_up()

    async def _give_up(self) -> None:
        """aiokafka's stop() waits without end for what cannot be sent, and its sender would try for ever."""
        sender = self._producer._sender.sender_task
        if sender is not None:
            sender.cancel()
        self._producer._message_accumulator.fail_all(ProducerClosed())
        with suppress(*NOT_PUBLISHED):
            async with asyncio.timeout(SECONDS_TO_STOP):
                await self._producer.client.close()
        if sender is not None:
            await asyncio.wait({sender}, timeout=SECONDS_TO_STOP)
