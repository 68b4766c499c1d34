-- The log of one service, in the service's own schema (the search_path): facts, and what must be unique about them.
-- {service} stands for the service's name. Every table carries the organisation.

CREATE TABLE event (
    org_id uuid NOT NULL,
    stream_id uuid NOT NULL,
    version int NOT NULL CHECK (version > 0),
    partition smallint NOT NULL,
    position bigint NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    schema_version smallint NOT NULL,
    data bytea NOT NULL,
    personal bytea,
    partition_key uuid NOT NULL,
    actor text NOT NULL,
    correlation_id uuid NOT NULL,
    causation_id uuid,
    trace text,
    origin text NOT NULL CHECK (origin IN ('live', 'imported')),
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, stream_id, version),
    UNIQUE (partition, position)
) WITH (toast_tuple_target = 8160);  -- PostgreSQL's compression of a large event costs more than writing it

CREATE TABLE stream (
    org_id uuid NOT NULL,
    stream_id uuid NOT NULL,
    kind text NOT NULL,
    partition_key uuid NOT NULL,
    version int NOT NULL,
    PRIMARY KEY (org_id, stream_id)
) WITH (fillfactor = 70);

-- What at most one stream of an organisation may hold: an identifier, a coupon code, a registration.
CREATE TABLE claim (
    org_id uuid NOT NULL,
    kind text NOT NULL,
    digest bytea NOT NULL,
    stream_id uuid NOT NULL,
    PRIMARY KEY (org_id, kind, digest)
);
CREATE INDEX claim_stream ON claim (org_id, stream_id);

-- What a caller was answered, kept 30 days: a repeat of the same key gets the same answer.
CREATE TABLE answer (
    org_id uuid NOT NULL,
    caller text NOT NULL,
    key text NOT NULL,
    digest bytea NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('accepted', 'unchanged', 'rejected')),
    streams json NOT NULL,
    problem bytea,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, caller, key)
);
CREATE INDEX answer_age ON answer USING brin (answered_at);

CREATE TABLE counter (
    partition smallint PRIMARY KEY,
    last bigint NOT NULL,
    recorded_at timestamptz NOT NULL
) WITH (fillfactor = 10);
INSERT INTO counter SELECT partition, 0, '-infinity' FROM generate_series(0, 11) partition;

-- Where the last gate fact of each organisation stands: what shares anything of it with others must have come so far.
CREATE TABLE gate_head (
    org_id uuid NOT NULL,
    partition smallint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (org_id, partition)
) WITH (fillfactor = 50);

CREATE TABLE deadline (
    org_id uuid NOT NULL,
    stream_id uuid NOT NULL,
    name text NOT NULL,
    due_at timestamptz NOT NULL,
    payload bytea,
    PRIMARY KEY (org_id, stream_id, name)
);
CREATE INDEX deadline_due ON deadline (due_at);

-- How far the relay has published each partition: the last position and its offset on that generation's topic.
-- shared: up to where the log is certain to be what the former generation held.
CREATE TABLE mark (
    partition smallint PRIMARY KEY,
    generation int NOT NULL,
    position bigint NOT NULL,
    topic_offset bigint NOT NULL,
    shared bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);
INSERT INTO mark SELECT partition, 1, 0, -1 FROM generate_series(0, 11) partition;

-- Why the log must not grow: the topic holds what this store does not. One row, or none.
CREATE TABLE halt (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    reason text NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Who leads a task that one process at a time may do; an epoch never comes back.
CREATE TABLE lease (
    name text PRIMARY KEY,
    holder text NOT NULL,
    epoch bigint NOT NULL,
    expires_at timestamptz NOT NULL
);

-- Row security: requests see their organisation's rows and write nothing; batches see all rows and do what is granted here.
-- Nobody may change or delete an event.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['event', 'stream', 'claim', 'answer', 'deadline', 'gate_head'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY batches ON %I TO {service}_log USING (true) WITH CHECK (true)', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['event', 'stream'] LOOP
        EXECUTE format('CREATE POLICY requests ON %I FOR SELECT TO {service}_app '
            'USING (org_id = nullif(current_setting(''rapport.org'', true), '''')::uuid)', name);
        EXECUTE format('GRANT SELECT ON %I TO {service}_app', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT ON event TO {service}_log;
GRANT SELECT, INSERT, UPDATE (version) ON stream TO {service}_log;
GRANT SELECT, INSERT, DELETE ON claim, answer TO {service}_log;
GRANT SELECT, INSERT, UPDATE, DELETE ON deadline, lease TO {service}_log;
GRANT SELECT, UPDATE (last, recorded_at) ON counter TO {service}_log;
GRANT SELECT, INSERT, UPDATE (position) ON gate_head TO {service}_log;
CREATE POLICY gate ON gate_head FOR SELECT TO {service}_gate USING (true);
GRANT SELECT ON gate_head, mark TO {service}_gate;
GRANT SELECT, UPDATE (generation, position, topic_offset, shared) ON mark TO {service}_log;
GRANT SELECT, INSERT, DELETE ON halt TO {service}_log;
