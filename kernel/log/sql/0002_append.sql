-- Appends the commands of a batch in one transaction and one round trip. Locks are taken in an order that is the same for
-- all batches: counters, claims, answers, each ascending. A command wins or loses whole, and a loser harms no neighbour.
-- c_: commands. w_: streams written, each naming its command by number from 1. k_: claims taken or released.
-- e_: events, each naming its write. An array is NULL where all its elements would be.
CREATE FUNCTION append(
    partitions smallint[],                    -- of the writes, ascending
    c_org uuid[], c_caller text[], c_key text[], c_digest bytea[],
    c_outcome text[],                         -- NULL: accepted
    c_streams text[], c_problem bytea[], c_correlation uuid[], c_causation uuid[], c_trace text[],
    c_origin text[],                          -- NULL: live
    w_command int[],
    w_org uuid[],                             -- NULL: the command's
    w_stream uuid[], w_kind text[], w_partition_key uuid[], w_partition smallint[],
    w_expected int[], w_last int[],           -- the stream's version before and after
    w_rank int[],                             -- events of this batch before it in its partition, if all win
    k_command int[], k_stream uuid[], k_kind text[], k_digest bytea[], k_take boolean[],
    e_write int[], e_version int[], e_id uuid[], e_type text[], e_schema_version smallint[], e_data bytea[],
    e_personal bytea[], e_occurred timestamptz[],
    e_gate boolean[],                         -- NULL: not a gate fact
    OUT recorded timestamptz,
    OUT base bigint[],                        -- the last position of each partition before this batch
    OUT answered int[],                       -- commands whose key has an answer
    OUT stale int[],                          -- writes whose stream is not at the expected version
    OUT taken int[], OUT holders uuid[]       -- claims that another stream holds, and which
) LANGUAGE plpgsql
-- Every look-up goes by a primary key, also by a plan that was made while the tables were empty.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    won boolean[] := array_fill(true, ARRAY[cardinality(c_org)]);
    before bigint[] := array_fill(0::bigint, ARRAY[12], ARRAY[0]);
    lost int[] := '{}';
    kept int;
    repeats boolean;
    i int;
BEGIN
    -- A stream lives on one partition, so the lock on its counter settles its version too. What waited for a lock must
    -- look in a statement of its own, which sees what the former holder committed.
    SELECT array_agg(last ORDER BY partition),
        greatest(clock_timestamp(), max(recorded_at) + interval '1 microsecond')
    INTO base, recorded
    FROM (SELECT partition, last, recorded_at FROM counter
        WHERE partition = ANY (partitions) ORDER BY partition FOR UPDATE) held;

    SELECT array_agg(write) INTO stale
    FROM unnest(w_command, w_org, w_stream, w_partition_key, w_expected) WITH ORDINALITY
        w (command, org, stream, partition_key, expected, write)
    WHERE expected <> coalesce((
        SELECT CASE WHEN s.partition_key = w.partition_key THEN s.version ELSE -1 END
        FROM stream s WHERE s.org_id = coalesce(w.org, c_org[w.command]) AND s.stream_id = w.stream), 0);

    IF k_command IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(lock) FROM (
            SELECT hash_record_extended((c_org[command], kind, digest), 0) AS lock
            FROM unnest(k_command, k_kind, k_digest) k (command, kind, digest) ORDER BY lock) locks;
        SELECT array_agg(claim), array_agg(holder) INTO taken, holders
        FROM (
            SELECT k.*, (SELECT h.stream_id FROM claim h
                WHERE h.org_id = c_org[command] AND h.kind = k.kind AND h.digest = k.digest) AS holder
            FROM unnest(k_command, k_stream, k_kind, k_digest, k_take) WITH ORDINALITY
                k (command, stream, kind, digest, take, claim)
            WHERE take) wanted
        WHERE holder <> stream AND NOT EXISTS (  -- unless the same command takes it from the holder
            SELECT FROM unnest(k_command, k_stream, k_kind, k_digest, k_take) r (command, stream, kind, digest, take)
            WHERE NOT r.take AND r.command = wanted.command AND r.stream = wanted.holder
                AND r.kind = wanted.kind AND r.digest = wanted.digest);
    END IF;

    IF stale IS NOT NULL OR taken IS NOT NULL THEN
        lost := ARRAY(SELECT w_command[n] FROM unnest(stale) n) || ARRAY(SELECT k_command[n] FROM unnest(taken) n);
        FOREACH i IN ARRAY lost LOOP won[i] := false; END LOOP;
    END IF;

    INSERT INTO answer (org_id, caller, key, digest, outcome, streams, problem, answered_at)
    SELECT org, caller, key, digest, coalesce(outcome, 'accepted'), streams::json, problem, recorded
    FROM unnest(c_org, c_caller, c_key, c_digest, c_outcome, c_streams, c_problem) WITH ORDINALITY
        c (org, caller, key, digest, outcome, streams, problem, command)
    WHERE key IS NOT NULL AND won[command]
    ORDER BY key, caller, org
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS kept = ROW_COUNT;

    -- A repeat may look like a loser of another kind; it is a repeat first.
    repeats := kept < (SELECT count(*) FROM unnest(c_key, won) c (key, won) WHERE key IS NOT NULL AND won);
    IF repeats OR cardinality(lost) > 0 THEN
        SELECT array_agg(command) INTO answered
        FROM unnest(c_org, c_caller, c_key) WITH ORDINALITY c (org, caller, key, command)
        WHERE (repeats OR NOT won[command]) AND (SELECT NOT won[command] OR a.xmin <> pg_current_xact_id()::xid FROM answer a
            WHERE a.org_id = c.org AND a.caller = c.caller AND a.key = c.key);
        IF answered IS NOT NULL THEN
            lost := lost || answered;
            FOREACH i IN ARRAY answered LOOP won[i] := false; END LOOP;
        END IF;
    END IF;
    IF cardinality(lost) > 0 THEN
        SELECT array_agg(coalesce(rank, 0) ORDER BY write) INTO w_rank FROM (
            SELECT write, sum(last - expected) FILTER (WHERE won[command]) OVER (
                PARTITION BY partition ORDER BY write ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS rank
            FROM unnest(w_command, w_partition, w_expected, w_last) WITH ORDINALITY
                w (command, partition, expected, last, write)) ranks;
    END IF;

    IF k_command IS NOT NULL THEN
        DELETE FROM claim WHERE ctid = ANY (ARRAY(
            SELECT (SELECT h.ctid FROM claim h WHERE h.org_id = c_org[command] AND h.kind = k.kind
                AND h.digest = k.digest AND h.stream_id = k.stream)
            FROM unnest(k_command, k_stream, k_kind, k_digest, k_take) k (command, stream, kind, digest, take)
            WHERE NOT take AND won[command]));
        INSERT INTO claim (org_id, kind, digest, stream_id)
        SELECT c_org[command], kind, digest, stream
        FROM unnest(k_command, k_stream, k_kind, k_digest, k_take) k (command, stream, kind, digest, take)
        WHERE take AND won[command] AND (SELECT true FROM claim h  -- its own already
            WHERE h.org_id = c_org[command] AND h.kind = k.kind AND h.digest = k.digest) IS NULL;
    END IF;

    IF e_write IS NULL THEN
        RETURN;
    END IF;
    FOR i IN 1 .. cardinality(partitions) LOOP before[partitions[i]] := base[i]; END LOOP;
    INSERT INTO event (org_id, stream_id, version, partition, position, event_id, type, schema_version, data,
        personal, partition_key, actor, correlation_id, causation_id, trace, origin, occurred_at, recorded_at)
    SELECT coalesce(w_org[write], c_org[w_command[write]]), w_stream[write], version, w_partition[write],
        before[w_partition[write]] + w_rank[write] + version - w_expected[write],
        id, type, schema_version, data, personal, w_partition_key[write], c_caller[w_command[write]],
        c_correlation[w_command[write]], c_causation[w_command[write]], c_trace[w_command[write]],
        coalesce(c_origin[w_command[write]], 'live'), occurred, recorded
    FROM unnest(e_write, e_version, e_id, e_type, e_schema_version, e_data, e_personal, e_occurred)
        e (write, version, id, type, schema_version, data, personal, occurred)
    WHERE won[w_command[write]];

    IF e_gate IS NOT NULL THEN
        INSERT INTO gate_head (org_id, partition, position)
        SELECT coalesce(w_org[write], c_org[w_command[write]]), w_partition[write],
            max(before[w_partition[write]] + w_rank[write] + version - w_expected[write])
        FROM unnest(e_write, e_version, e_gate) e (write, version, gate)
        WHERE gate AND won[w_command[write]]
        GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (org_id, partition) DO UPDATE SET position = excluded.position;
    END IF;

    INSERT INTO stream AS s (org_id, stream_id, kind, partition_key, version)
    SELECT coalesce(org, c_org[command]), stream, kind, partition_key, last
    FROM unnest(w_command, w_org, w_stream, w_kind, w_partition_key, w_expected, w_last)
        w (command, org, stream, kind, partition_key, expected, last)
    WHERE last > expected AND won[command]
    ON CONFLICT (org_id, stream_id) DO UPDATE SET version = excluded.version;

    UPDATE counter c SET last = c.last + added.events, recorded_at = recorded
    FROM (SELECT partition, sum(last - expected) AS events
        FROM unnest(w_command, w_partition, w_expected, w_last) w (command, partition, expected, last)
        WHERE won[command] GROUP BY partition) added
    WHERE c.partition = added.partition AND added.events > 0;
END $$;
REVOKE EXECUTE ON FUNCTION append FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append TO {service}_log;
