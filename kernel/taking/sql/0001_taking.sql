-- What views and reactions stand on, each in the schema in which it writes: how far it is, and what it set aside.
-- A taker is a view version, by the name of its table, or a reaction, by its own. {service} stands for the schema.

-- Moved in the transaction that writes what was folded; whoever locks several does so in the order of the key.
-- topics: {service: {"generation", "position", "offset", "event"}}, the last record taken of each topic's partition,
-- and the id of the event at that position.
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
    generation int NOT NULL DEFAULT 1,  -- of the topic, as its offset is
    topic_offset bigint NOT NULL,
    value bytea NOT NULL,
    reason text NOT NULL,
    frames text NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX parked_stream ON parked (taker, org_id, stream_id, service, position);

-- What was parked and then given up for good, by whom and why. Nothing here is changed or deleted.
-- ended: the version was dropped since; a later one of its name takes the event again.
CREATE TABLE dropped (
    seq bigint PRIMARY KEY,  -- as it had in `parked`
    taker text NOT NULL,
    partition smallint NOT NULL,
    service text NOT NULL,
    org_id uuid,
    stream_id uuid,
    position bigint,
    generation int NOT NULL,
    topic_offset bigint NOT NULL,
    event_id uuid,
    type text,
    parked_for text NOT NULL,
    parked_at timestamptz NOT NULL,
    reason text NOT NULL,
    dropped_by text NOT NULL,
    dropped_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended boolean NOT NULL DEFAULT false
);

-- Which generation of a service's topic is taken here; a service that is not named is at its first.
-- kept: by partition, the last position of the log when it began.
CREATE TABLE generation (
    service text PRIMARY KEY,
    generation int NOT NULL,
    kept bigint[] NOT NULL
);

-- Only batches and whoever tends them work here; no caller's query does.
ALTER TABLE parked ENABLE ROW LEVEL SECURITY;
ALTER TABLE parked FORCE ROW LEVEL SECURITY;
CREATE POLICY batches ON parked TO {service}_log USING (true) WITH CHECK (true);
ALTER TABLE dropped ENABLE ROW LEVEL SECURITY;
ALTER TABLE dropped FORCE ROW LEVEL SECURITY;
CREATE POLICY batches ON dropped TO {service}_log USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE (topics, parked) ON checkpoint TO {service}_log;
GRANT SELECT, INSERT, UPDATE (reason, frames), DELETE ON parked TO {service}_log;
GRANT SELECT, INSERT ON dropped TO {service}_log;
GRANT SELECT, INSERT, UPDATE ON generation TO {service}_log;
