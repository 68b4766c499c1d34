-- What the gate stands on: functions that answer one organisation with what another one shares. They belong to
-- projections_gate, as whom nobody signs in; projections_partner, who calls them, can read no table at all.
GRANT USAGE ON SCHEMA projections TO projections_gate, projections_partner;
GRANT SELECT ON view, view_version, checkpoint TO projections_gate;
CREATE POLICY gate ON parked FOR SELECT TO projections_gate USING (true);
CREATE POLICY gate ON dropped FOR SELECT TO projections_gate USING (true);
GRANT SELECT (taker, org_id, partition) ON parked TO projections_gate;
GRANT SELECT (taker, org_id, partition, ended) ON dropped TO projections_gate;

-- Where the rows of a view stand that are read now, in the snapshot that asks. `folded`: the number of the fold whose
-- columns the gate knows; of any other it reads nothing.
CREATE FUNCTION live_table(asked text, folded int) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = projections, pg_temp AS $$
DECLARE
    live text := (SELECT r.name FROM view v JOIN view_version r ON r.name = v.live
        WHERE v.name = asked AND r.number = folded);
BEGIN
    IF live IS NULL THEN
        RAISE EXCEPTION 'view % is not read in version %', asked, folded USING ERRCODE = 'invalid_schema_name';
    END IF;
    RETURN live;
END $$;

-- How far the versions are that are read, of each partition; parked: how many events of this organisation they lack.
CREATE FUNCTION gate_progress(asked text[], owner uuid)
RETURNS TABLE (view text, number int, build int, partition smallint, topics jsonb, parked bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = projections, pg_temp
BEGIN ATOMIC
    SELECT v.name, r.number, r.build, c.partition, c.topics,
        (SELECT count(*) FROM parked p
            WHERE p.taker = c.taker AND p.org_id = owner AND p.partition = c.partition)
        + (SELECT count(*) FROM dropped d
            WHERE d.taker = c.taker AND d.org_id = owner AND d.partition = c.partition AND NOT d.ended)
    FROM view v JOIN view_version r ON r.name = v.live JOIN checkpoint c ON c.taker = v.live
    WHERE v.name = ANY (asked);
END;

REVOKE EXECUTE ON FUNCTION live_table, gate_progress FROM PUBLIC;
GRANT CREATE ON SCHEMA projections TO projections_gate;
ALTER FUNCTION live_table OWNER TO projections_gate;
ALTER FUNCTION gate_progress OWNER TO projections_gate;
REVOKE CREATE ON SCHEMA projections FROM projections_gate;
SET LOCAL ROLE projections_gate;
GRANT EXECUTE ON FUNCTION gate_progress TO projections_partner;
RESET ROLE;
