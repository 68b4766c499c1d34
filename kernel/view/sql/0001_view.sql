-- The views: their versions, each a table of its own, which of them the workers follow, and which one is read.
-- wanted: made by an upgrade, to be filled; building: being filled from the log's beginning; followed: by workers;
-- lost: it has taken events that a log restored from a backup does not hold, and is not followed any more;
-- leaving: deleted as soon as nobody can be reading it any more.

CREATE TABLE view_version (
    name text PRIMARY KEY,    -- of its table, and as a taker
    view text NOT NULL,
    number int NOT NULL,
    build int NOT NULL,       -- of the same fold, from 1
    state text NOT NULL CHECK (state IN ('wanted', 'building', 'followed', 'lost', 'leaving')),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    began_at timestamptz,
    built_at timestamptz,     -- when it first lacked nothing
    worked double precision NOT NULL DEFAULT 0,  -- seconds spent on filling it
    read_at timestamptz,      -- last switched to
    UNIQUE (view, number, build)
);

CREATE TABLE view (
    name text PRIMARY KEY,
    live text NOT NULL REFERENCES view_version (name),
    former text REFERENCES view_version (name)
);

GRANT SELECT ON view, view_version, checkpoint, generation TO projections_app;
GRANT SELECT ON view, view_version TO projections_log;

-- Whoever drops a version deletes what it has parked; what it has dropped stays on record.
CREATE POLICY dropping ON parked TO projections_owner USING (true);
CREATE POLICY dropping ON dropped TO projections_owner USING (true);
