-- Up to when the log is known: every event recorded until then is committed, at the latest at its partition's position.
-- Later events are recorded later, whatever the clock does meanwhile: append() goes on behind what the counters say.
-- Counters are locked as append() locks them; what waited for a lock sees what the former holder committed.
CREATE FUNCTION promise(
    OUT until timestamptz,
    OUT positions bigint[]                    -- the last of each partition
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT greatest(clock_timestamp(), max(recorded_at)), array_agg(last ORDER BY partition)
    INTO until, positions
    FROM (SELECT partition, last, recorded_at FROM counter ORDER BY partition FOR UPDATE) held;
    UPDATE counter SET recorded_at = until;
END $$;
REVOKE EXECUTE ON FUNCTION promise FROM PUBLIC;
GRANT EXECUTE ON FUNCTION promise TO {service}_log;
