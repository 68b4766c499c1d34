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
);

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
    streams jsonb NOT NULL,
    problem bytea,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, caller, key)
);
CREATE INDEX answer_age ON answer (answered_at);

CREATE TABLE counter (
    partition smallint PRIMARY KEY,
    last bigint NOT NULL,
    recorded_at timestamptz NOT NULL
) WITH (fillfactor = 10);
INSERT INTO counter SELECT partition, 0, '-infinity' FROM generate_series(0, 11) partition;

CREATE TABLE deadline (
    org_id uuid NOT NULL,
    stream_id uuid NOT NULL,
    name text NOT NULL,
    due_at timestamptz NOT NULL,
    payload bytea,
    PRIMARY KEY (org_id, stream_id, name)
);
CREATE INDEX deadline_due ON deadline (due_at);

-- How far the relay has published each partition, and the lease of the one relay that may.
CREATE TABLE mark (
    partition smallint PRIMARY KEY,
    generation int NOT NULL,
    position bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO mark SELECT partition, 1, 0 FROM generate_series(0, 11) partition;

CREATE TABLE lease (
    name text PRIMARY KEY,
    holder text NOT NULL,
    epoch bigint NOT NULL,
    expires_at timestamptz NOT NULL
);
