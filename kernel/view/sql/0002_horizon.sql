-- What a service's relay said last of its store, in each generation: every event recorded until then stands, in its
-- partition, at these positions or before. A version that has come there is whole until then.
CREATE TABLE horizon (
    service text NOT NULL,
    generation int NOT NULL,
    until timestamptz NOT NULL,
    positions bigint[] NOT NULL,  -- by partition
    PRIMARY KEY (service, generation)
) WITH (fillfactor = 20);

GRANT SELECT ON horizon TO projections_app;
GRANT SELECT, INSERT, UPDATE ON horizon TO projections_log;
