-- What every view stands on: its versions, which of them is read, how far each has come, and what it set aside.

CREATE TABLE view (
    name text PRIMARY KEY,
    live int NOT NULL
);

CREATE TABLE view_version (
    view text NOT NULL REFERENCES view (name),
    number int NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (view, number)
);

-- Moved in the transaction that writes the rows; whoever locks several does so in this order.
-- topics: {service: {"generation", "position", "offset"}}, the last record taken of each topic's partition.
-- parked: how many events of this partition stand in `parked`.
CREATE TABLE checkpoint (
    view text NOT NULL,
    number int NOT NULL,
    partition smallint NOT NULL,
    topics jsonb NOT NULL DEFAULT '{}',
    parked bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (view, number, partition),
    FOREIGN KEY (view, number) REFERENCES view_version (view, number)
) WITH (fillfactor = 20);

-- Records that a view could not take, and what waits behind them in their streams. `value` is sealed as it came.
-- A record that is no event of ours has no organisation, stream or position, and nothing waits behind it.
CREATE TABLE parked (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    view text NOT NULL,
    number int NOT NULL,
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
CREATE INDEX parked_stream ON parked (view, number, org_id, stream_id, service, position);

GRANT SELECT ON view, view_version, checkpoint TO projections_app;
GRANT SELECT ON view, view_version TO projections_log;
GRANT SELECT, UPDATE ON checkpoint TO projections_log;
GRANT SELECT, INSERT, DELETE ON parked TO projections_log;

-- Only the worker sees what is parked; it passes row security by itself.
ALTER TABLE parked ENABLE ROW LEVEL SECURITY;
ALTER TABLE parked FORCE ROW LEVEL SECURITY;
