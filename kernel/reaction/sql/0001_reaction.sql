-- What the reactions of one service stand on, in the service's own schema. {service} stands for its name.

-- From which event on each reaction issues commands; a partition's checkpoint is locked before any memory.
-- starts: {service: position}, the first one of each partition that may cause commands.
CREATE TABLE reaction_start (
    reaction text NOT NULL,
    partition smallint NOT NULL,
    starts jsonb NOT NULL,
    PRIMARY KEY (reaction, partition)
);

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

-- Only batches work here; no caller's query does.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['reaction_memory', 'outbox'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY batches ON %I TO {service}_log USING (true) WITH CHECK (true)', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE (starts) ON reaction_start TO {service}_log;
GRANT SELECT, INSERT, UPDATE (memory), DELETE ON reaction_memory TO {service}_log;
GRANT SELECT, INSERT, UPDATE (parked), DELETE ON outbox TO {service}_log;
