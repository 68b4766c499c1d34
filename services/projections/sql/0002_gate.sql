-- The gate: what one organisation may see of another's customers, cell by cell, and nothing else. Agreement, purpose,
-- consent, field, match, population and depth are joined when it is asked. Who asks is the organisation of the
-- transaction. The time is the database's: not the transaction's, for an end may come while it runs.
GRANT SELECT ON match TO projections_gate;
CREATE POLICY gate ON match FOR SELECT TO projections_gate USING (true);

CREATE TYPE told AS (  -- of one contact of the owner's
    whose uuid,
    field text,       -- as the agreement names it
    name text,        -- of the brand, the product, the category; an address's use
    month text,
    value text,       -- of a category: own or others
    quantity numeric,
    amount numeric,
    currency text,
    meets text[]      -- the values by which a population can name it
);
CREATE TYPE shared_cell AS (
    contact_id uuid,  -- the reader's own
    field text,
    name text,
    month text,
    value text,
    quantity numeric,
    amount numeric,
    currency text,
    agreement_version bigint,
    consented_at timestamptz
);

-- The first of this calendar month (UTC) and so many before it.
CREATE FUNCTION gate_month(back int) RETURNS text
LANGUAGE sql STABLE SET search_path = projections, pg_temp
RETURN to_char(date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC') - make_interval(months => back), 'YYYY-MM');

-- The other side of an agreement of the organisation that asks.
CREATE FUNCTION shared_owner(agreement uuid) RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = projections, pg_temp AS $$
DECLARE
    recipient uuid := nullif(current_setting('rapport.org', true), '');
    other uuid;
BEGIN
    EXECUTE format('SELECT CASE proposer_id WHEN $2 THEN counterpart_id ELSE proposer_id END FROM %I '
        'WHERE org_id = $2 AND agreement_id = $1 ORDER BY version DESC LIMIT 1', live_table('agreements', 1))
        INTO other USING agreement, recipient;
    RETURN other;
END $$;

-- What its owner gives under the text that is in force now; no row where that is nothing, or not for this purpose.
CREATE FUNCTION shared_text(agreement uuid, purpose text)
RETURNS TABLE (owner uuid, text_version bigint, gives jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = projections, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE format($sql$
        SELECT org_id, (in_force->>'version')::bigint, direction
        FROM (SELECT * FROM %I WHERE org_id = $3 AND agreement_id = $1 ORDER BY version DESC LIMIT 1) latest,
            LATERAL (SELECT in_force::jsonb #> ARRAY['terms',
                CASE proposer_id WHEN $3 THEN 'proposer_gives' ELSE 'counterpart_gives' END]) given (direction)
        WHERE in_force IS NOT NULL AND suspended_by::text = '[]' AND ends_at > clock_timestamp()
            AND direction -> 'purposes' ? $2 $sql$, live_table('agreements', 1))
        USING agreement, purpose, shared_owner(agreement);
END $$;

-- The reader's own contacts that are matched for certain with one that allows it to be told: those asked for, or, where
-- none are, the next ones after a place. A consent counts if nothing was withdrawn since on any contact of the same
-- customer; a match, if neither side has changed since.
CREATE FUNCTION gate_open(agreement uuid, purpose text, owner uuid, gives jsonb, asked uuid[], after uuid, most int)
RETURNS TABLE (contact_id uuid, whose uuid, consented_at timestamptz)
LANGUAGE plpgsql STABLE SET search_path = projections, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE format($sql$
        SELECT m.contact_id, m.other_contact_id, consent.given_at
        FROM match m
        JOIN %1$I mine ON mine.org_id = m.org_id AND mine.contact_id = m.contact_id AND mine.version = m.version
        JOIN %1$I its ON its.org_id = m.other_org_id AND its.contact_id = m.other_contact_id
            AND its.version = m.other_version
        JOIN %2$I who ON who.org_id = m.other_org_id AND who.contact_id = m.other_contact_id
            AND who.customer_id = m.other_customer_id
        CROSS JOIN LATERAL (
            SELECT * FROM %3$I c WHERE c.org_id = m.other_org_id AND c.contact_id = m.other_contact_id
                AND c.purpose = $2 AND c.recipient_id = m.org_id AND c.given_at IS NOT NULL
            ORDER BY c.given_at DESC, c.given_by DESC LIMIT 1) consent
        WHERE m.agreement_id = $1 AND m.org_id = $3 AND m.other_org_id = $4 AND m.grade = 'share' AND %4$s
            AND consent.notice_version >= $5
            AND (consent.expires_at > clock_timestamp()) IS NOT FALSE
            AND NOT EXISTS (
                SELECT FROM %2$I same
                JOIN %3$I c ON c.org_id = same.org_id AND c.contact_id = same.contact_id
                    AND c.purpose = $2 AND c.recipient_id = m.org_id
                WHERE same.org_id = who.org_id AND same.customer_id = who.customer_id
                    AND c.withdrawn_at >= consent.given_at)
        ORDER BY m.contact_id LIMIT $8 $sql$,
        live_table('matchable', 1), live_table('identity', 1), live_table('disclosure_consents', 1),
        CASE WHEN asked IS NULL THEN 'm.contact_id > $7' ELSE 'm.contact_id = ANY ($6)' END)
        USING agreement, purpose, nullif(current_setting('rapport.org', true), '')::uuid, owner,
            (gives->>'notice_version')::bigint, asked, coalesce(after, '00000000-0000-0000-0000-000000000000'),
            most;
END $$;

-- Who they are. Of identifiers those alone that are verified: another one may be somebody else's.
CREATE FUNCTION gate_profile(owner uuid, contacts uuid[], fields text[]) RETURNS SETOF told
LANGUAGE plpgsql STABLE SET search_path = projections, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE format($sql$
        SELECT contact_id, cell.field, cell.name, NULL, cell.value, NULL::numeric, NULL::numeric, NULL,
            ARRAY[cell.value]
        FROM (SELECT DISTINCT ON (contact_id) * FROM %I
            WHERE org_id = $1 AND contact_id = ANY ($2) ORDER BY contact_id, version DESC) person
        CROSS JOIN LATERAL (
            VALUES ('profile.given-name', NULL, given), ('profile.family-name', NULL, family),
                ('profile.company-name', NULL, company), ('profile.birth-date', NULL, birth_date::text)
            UNION ALL
            SELECT 'profile.' || (one->>'kind'), NULL, one->>'value' FROM json_array_elements(identifiers) one
            WHERE (one->>'verified')::boolean
            UNION ALL
            SELECT part.field, of.use, part.value FROM json_each(addresses) of (use, address),
                LATERAL (VALUES ('profile.street', address->>'street'), ('profile.city', address->>'city'),
                    ('profile.postal-code', address->>'postal_code'), ('profile.region', address->>'region'),
                    ('profile.country', address->>'country')) part (field, value)
        ) cell (field, name, value)
        WHERE cell.value IS NOT NULL AND cell.field = ANY ($3) $sql$, live_table('person', 1))
        USING owner, contacts, fields;
END $$;

-- What they bought in each month: of the recipient's own manufacturers by brand, product and category; of all others by
-- category alone, and only where at least three contribute, and none more than 80 % (a return counts as much as a
-- purchase; a line whose manufacturer is not known does not count).
CREATE FUNCTION gate_purchases(owner uuid, contacts uuid[], gives jsonb) RETURNS SETOF told
LANGUAGE plpgsql STABLE SET search_path = projections, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE format($sql$
        WITH sold AS MATERIALIZED (  -- OFFSET 0: each text is parsed once, not once for each of its parts
            SELECT contact_id, month, place->>0 AS currency, place->>1 AS maker, place->>2 AS category,
                place->>3 AS brand, place->>4 AS product, (amounts->>'quantity')::numeric AS quantity,
                (amounts->>'amount')::numeric AS amount
            FROM %I, json_each(sold) line (key, value),
                LATERAL (SELECT key::jsonb, value::jsonb OFFSET 0) parsed (place, amounts)
            WHERE org_id = $1 AND contact_id = ANY ($2) AND month >= $3
        ), own AS (
            SELECT contact_id, field, name, month, value, sum(quantity) AS quantity, sum(amount) AS amount, currency
            FROM sold, LATERAL (VALUES ('purchases.brand', brand, NULL), ('purchases.product', product, NULL),
                ('purchases.category', category, 'own')) by (field, name, value)
            WHERE maker = ANY ($4) AND name IS NOT NULL
            GROUP BY contact_id, field, name, month, value, currency
        ), others AS (
            SELECT contact_id, category, month, sum(amount) AS amount, currency
            FROM sold WHERE category IS NOT NULL AND maker <> ALL ($4)
            GROUP BY contact_id, category, month, currency, maker
        )
        SELECT contact_id, field, name, month, value, quantity, amount, currency,
            CASE WHEN quantity > 0 THEN ARRAY[name] END
        FROM own WHERE quantity <> 0 OR amount <> 0
        UNION ALL
        SELECT contact_id, 'purchases.category', category, month, 'others', NULL, sum(amount), currency,
            ARRAY[category]
        FROM others GROUP BY contact_id, category, month, currency
        HAVING count(*) FILTER (WHERE amount > 0) >= 3 AND max(abs(amount)) <= 0.8 * sum(amount)
        $sql$, live_table('monthly_purchases', 1))
        USING owner, contacts, gate_month((gives->>'depth_months')::int),
            ARRAY(SELECT jsonb_array_elements_text(gives->'manufacturers'));
END $$;

-- The value tier: by the net purchases of the twelve whole months before this one.
CREATE FUNCTION gate_tiers(owner uuid, contacts uuid[]) RETURNS SETOF told
LANGUAGE plpgsql STABLE SET search_path = projections, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE format($sql$
        WITH latest AS (SELECT * FROM %I WHERE org_id = $1 ORDER BY version DESC LIMIT 1),
        spent AS (
            SELECT contact_id, sum((value->>'amount')::numeric) AS amount
            FROM %I, json_each(sold) line (key, value)
            WHERE org_id = $1 AND contact_id = ANY ($2) AND month >= $3 AND month < $4
                AND key::json->>0 = (SELECT currency FROM latest)
            GROUP BY contact_id
        ), reached AS (
            SELECT contact_id, array_agg(tier->>'name' ORDER BY place) AS tiers
            FROM unnest($2) asked (contact_id) LEFT JOIN spent USING (contact_id), latest,
                json_array_elements(latest.tiers) WITH ORDINALITY listed (tier, place)
            WHERE (tier->>'threshold')::numeric <= coalesce(amount, 0)
            GROUP BY contact_id
        )
        SELECT contact_id, 'value.tier', NULL, NULL, tiers[cardinality(tiers)], NULL::numeric, NULL::numeric, NULL, tiers
        FROM reached $sql$, live_table('value_tiers', 1), live_table('monthly_purchases', 1))
        USING owner, contacts, gate_month(12), gate_month(0);
END $$;

-- All of that which the agreement gives of contacts, before its population is asked.
CREATE FUNCTION gate_told(owner uuid, contacts uuid[], gives jsonb) RETURNS SETOF told
LANGUAGE plpgsql STABLE SET search_path = projections, pg_temp AS $$
DECLARE
    fields text[] := ARRAY(SELECT jsonb_array_elements_text(gives->'fields'));
BEGIN
    IF EXISTS (SELECT FROM unnest(fields) field WHERE field ^@ 'profile.') THEN
        RETURN QUERY SELECT * FROM gate_profile(owner, contacts, fields);
    END IF;
    IF EXISTS (SELECT FROM unnest(fields) field WHERE field ^@ 'purchases.') THEN
        RETURN QUERY SELECT * FROM gate_purchases(owner, contacts, gives) cell WHERE cell.field = ANY (fields);
    END IF;
    IF 'value.tier' = ANY (fields) THEN
        RETURN QUERY SELECT * FROM gate_tiers(owner, contacts);
    END IF;
END $$;

-- What the organisation that asks sees of these contacts of its own. Its population is asked of what is told, so that
-- it tells nothing more.
CREATE FUNCTION shared_cells(agreement uuid, purpose text, asked uuid[]) RETURNS SETOF shared_cell
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = projections, pg_temp AS $$
DECLARE
    agreed record;
BEGIN
    SELECT * INTO agreed FROM shared_text(agreement, purpose);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH open AS MATERIALIZED (
        SELECT * FROM gate_open(agreement, purpose, agreed.owner, agreed.gives, coalesce(asked, '{}'), NULL, NULL)
    ), told AS MATERIALIZED (
        SELECT * FROM gate_told(agreed.owner, ARRAY(SELECT DISTINCT whose FROM open), agreed.gives)
    ), rule AS MATERIALIZED (
        SELECT number, field, ARRAY(SELECT jsonb_array_elements_text("values")) AS named,
            gate_month(months) AS since
        FROM ROWS FROM (jsonb_to_recordset(agreed.gives->'population') AS (field text, "values" jsonb, months int))
            WITH ORDINALITY rules (field, "values", months, number)
    ), chosen AS MATERIALIZED (
        SELECT whose FROM open
        WHERE NOT EXISTS (SELECT FROM rule)
        UNION
        SELECT whose FROM told JOIN rule ON told.field = rule.field AND told.meets && rule.named
            AND (since IS NULL OR told.month >= since)
        GROUP BY whose HAVING count(DISTINCT number) = (SELECT count(*) FROM rule)
    )
    SELECT open.contact_id, told.field, told.name, told.month, told.value, told.quantity, told.amount, told.currency,
        agreed.text_version, open.consented_at
    FROM open JOIN chosen USING (whose) JOIN told USING (whose)
    ORDER BY open.contact_id, told.field COLLATE "C", told.month COLLATE "C", told.name COLLATE "C",
        told.currency COLLATE "C", told.value COLLATE "C";
END $$;

-- The same of at least so many of its contacts after a place, in the order of their ids, as far as there are so many.
CREATE FUNCTION shared_page(agreement uuid, purpose text, after uuid, most int) RETURNS SETOF shared_cell
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = projections, pg_temp AS $$
DECLARE
    agreed record;
    candidates uuid[];
    cells shared_cell[];
    shown int := 0;
BEGIN
    SELECT * INTO agreed FROM shared_text(agreement, purpose);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    WHILE shown < most LOOP
        candidates := ARRAY(SELECT contact_id
            FROM gate_open(agreement, purpose, agreed.owner, agreed.gives, NULL, after, most));
        EXIT WHEN candidates = '{}';
        cells := ARRAY(SELECT cell FROM shared_cells(agreement, purpose, candidates) cell);
        shown := shown + (SELECT count(DISTINCT contact_id) FROM unnest(cells));
        RETURN QUERY SELECT * FROM unnest(cells);
        after := candidates[cardinality(candidates)];
    END LOOP;
END $$;

DO $$
DECLARE
    made regprocedure;
BEGIN
    GRANT CREATE ON SCHEMA projections TO projections_gate;
    ALTER TYPE told OWNER TO projections_gate;
    ALTER TYPE shared_cell OWNER TO projections_gate;
    FOR made IN SELECT oid FROM pg_proc WHERE pronamespace = 'projections'::regnamespace
        AND proname ~ '^(gate|shared)_' AND proowner <> 'projections_gate'::regrole
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', made);
        EXECUTE format('ALTER FUNCTION %s OWNER TO projections_gate', made);
    END LOOP;
    REVOKE CREATE ON SCHEMA projections FROM projections_gate;
END $$;
SET LOCAL ROLE projections_gate;
GRANT EXECUTE ON FUNCTION shared_owner, shared_text, shared_cells, shared_page TO projections_partner;
RESET ROLE;
