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
-- service, partition, position: of the event that caused it, whose id is the causation.
-- parked, frames: why a command is set aside, and where it failed; later ones of its stream wait behind it.
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
    service text NOT NULL,
    partition smallint NOT NULL,
    position bigint NOT NULL,
    trace text,
    origin text NOT NULL CHECK (origin IN ('live', 'imported')),
    occurred_at timestamptz,
    parked text,
    frames text,
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX outbox_parked ON outbox (reaction, org_id, stream_id) WHERE parked IS NOT NULL;

-- Commands that were parked and then given up for good, by whom and why. Nothing here is changed or deleted.
CREATE TABLE dropped_command (
    seq bigint PRIMARY KEY,  -- as it had in `outbox`
    reaction text NOT NULL,
    org_id uuid NOT NULL,
    stream_id uuid NOT NULL,
    command_id uuid NOT NULL,
    command text NOT NULL,
    causation_id uuid NOT NULL,
    service text NOT NULL,
    partition smallint NOT NULL,
    position bigint NOT NULL,
    parked_for text NOT NULL,
    reason text NOT NULL,
    dropped_by text NOT NULL,
    dropped_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Only batches and whoever tends them work here; no caller's query does.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['reaction_memory', 'outbox', 'dropped_command'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY batches ON %I TO {service}_log USING (true) WITH CHECK (true)', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE (starts) ON reaction_start TO {service}_log;
GRANT SELECT, INSERT, UPDATE (memory), DELETE ON reaction_memory TO {service}_log;
GRANT SELECT, INSERT, UPDATE (parked, frames), DELETE ON outbox TO {service}_log;
GRANT SELECT, INSERT ON dropped_command TO {service}_log;
