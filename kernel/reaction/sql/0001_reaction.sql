-- What the reactions of one service stand on, in the service's own schema. {service} stands for its name.

-- How far each reaction has come; locked, ascending, before any memory.
-- topics: {service: {"generation", "position", "offset"}}, the last record taken of each topic's partition.
-- starts: {service: {"generation", "offset"}}, the first record of each topic's partition that may cause commands.
-- parked: how many events of this partition stand in `reaction_parked`.
CREATE TABLE reaction_checkpoint (
    reaction text NOT NULL,
    partition smallint NOT NULL,
    topics jsonb NOT NULL DEFAULT '{}',
    starts jsonb NOT NULL,
    parked bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (reaction, partition)
) WITH (fillfactor = 20);

-- What a reaction remembers; locked in the order of organisation and key, so that events of two partitions meet.
CREATE TABLE reaction_memory (
    reaction text NOT NULL,
    org_id uuid NOT NULL,
    key text COLLATE "C" NOT NULL,
    memory jsonb NOT NULL,
    PRIMARY KEY (reaction, org_id, key)
) WITH (fillfactor = 70);

-- Commands that reactions have decided on and that have no answer yet, in the order of `seq`.
-- parked: why a command is set aside; later ones of its stream wait behind it.
CREATE TABLE outbox (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reaction text NOT NULL,
    org_id uuid NOT NULL,
    stream_id uuid NOT NULL,
    command_id uuid NOT NULL UNIQUE,
    command text NOT NULL,
    body jsonb NOT NULL,
    correlation_id uuid NOT NULL,
    causation_id uuid NOT NULL,
    trace text,
    origin text NOT NULL CHECK (origin IN ('live', 'imported')),
    occurred_at timestamptz,
    parked text,
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX outbox_parked ON outbox (reaction, org_id, stream_id) WHERE parked IS NOT NULL;

-- Events that a reaction could not take, and what waits behind them in their streams. `value` is sealed as it came.
-- A record that is no event of ours has no organisation, stream or position, and nothing waits behind it.
CREATE TABLE reaction_parked (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reaction text NOT NULL,
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
CREATE INDEX reaction_parked_stream ON reaction_parked (reaction, org_id, stream_id, service, position);

-- Only batches work here; no caller's query does.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['reaction_memory', 'outbox', 'reaction_parked'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY batches ON %I TO {service}_log USING (true) WITH CHECK (true)', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE (topics, parked) ON reaction_checkpoint TO {service}_log;
GRANT SELECT, INSERT, UPDATE (memory), DELETE ON reaction_memory TO {service}_log;
GRANT SELECT, INSERT, UPDATE (parked), DELETE ON outbox TO {service}_log;
GRANT SELECT, INSERT, DELETE ON reaction_parked TO {service}_log;
