-- What views and reactions stand on, each in the schema in which it writes: how far it is, and what it set aside.
-- A taker is a view version, by the name of its table, or a reaction, by its own. {service} stands for the schema.

-- Moved in the transaction that writes what was folded; whoever locks several does so in the order of the key.
-- topics: {service: {"generation", "position", "offset"}}, the last record taken of each topic's partition.
-- parked: how many events of this partition stand in `parked`.
CREATE TABLE checkpoint (
    taker text NOT NULL,
    partition smallint NOT NULL,
    topics jsonb NOT NULL DEFAULT '{}',
    parked bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (taker, partition)
) WITH (fillfactor = 20);

-- Records that a taker could not take, and what waits behind them in their streams. `value` is sealed as it came.
-- A record that is no event of ours has no organisation, stream or position, and nothing waits behind it.
CREATE TABLE parked (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    taker text NOT NULL,
    partition smallint NOT NULL,
    service text NOT NULL,
    org_id uuid,
    stream_id uuid,
    position bigint,
    topic_offset bigint NOT NULL,
    value bytea NOT NULL,
    reason text NOT NULL,
    frames text NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX parked_stream ON parked (taker, org_id, stream_id, service, position);

-- Only batches work here; no caller's query does.
ALTER TABLE parked ENABLE ROW LEVEL SECURITY;
ALTER TABLE parked FORCE ROW LEVEL SECURITY;
CREATE POLICY batches ON parked TO {service}_log USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE (topics, parked) ON checkpoint TO {service}_log;
GRANT SELECT, INSERT, DELETE ON parked TO {service}_log;
