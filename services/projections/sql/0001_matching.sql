-- Whom two organisations that have an agreement both know: what the matcher derives from the views, and can derive anew.

-- Every match stands twice, once for each side as org_id. It counts while both contacts are in these versions.
CREATE TABLE match (
    agreement_id uuid NOT NULL,
    org_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    other_org_id uuid NOT NULL,
    other_contact_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    other_customer_id uuid NOT NULL,
    version bigint NOT NULL,
    other_version bigint NOT NULL,
    grade text NOT NULL CHECK (grade IN ('share', 'likely')),
    probability double precision NOT NULL,
    evidence jsonb NOT NULL,  -- kinds of fields that agree, never values
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (agreement_id, org_id, contact_id)
);
CREATE INDEX match_customer ON match (agreement_id, org_id, customer_id);

-- An organisation's own contacts whose counterpart is not certain; it names nobody else.
CREATE TABLE blocked_match (
    agreement_id uuid NOT NULL,
    org_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    reason text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (agreement_id, org_id, contact_id)
);

-- The agreements that are matched, each under a random key of its own, which is deleted with all that it made.
CREATE TABLE match_key (
    agreement_id uuid PRIMARY KEY,
    sides uuid[] NOT NULL,
    epoch smallint NOT NULL,  -- of the key that wraps this one, a file outside of this database
    wrapped bytea  -- NULL: the agreement is over, and what the key made is being deleted
);

-- What makes contacts of both sides candidates of each other: a digest under the agreement's key. With it, the
-- customer and the version as which the contact was last looked at.
CREATE TABLE match_token (
    agreement_id uuid NOT NULL,
    org_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    token bytea NOT NULL,
    customer_id uuid NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (agreement_id, org_id, contact_id, token)
);
CREATE INDEX match_token_token ON match_token (agreement_id, token);
CREATE INDEX match_token_customer ON match_token (agreement_id, org_id, customer_id);

-- How far one side of an agreement has been looked through, contact by contact; gone once it is done.
CREATE TABLE match_scan (
    agreement_id uuid NOT NULL,
    org_id uuid NOT NULL,
    after uuid NOT NULL,
    seen bigint NOT NULL DEFAULT 0,
    contacts bigint NOT NULL,  -- that there were at its beginning
    PRIMARY KEY (agreement_id, org_id)
);

-- How far the matcher has followed the views, by partition, and the tables that it followed. Each of its transactions
-- begins by locking this row, and ends unless the epoch is its own.
CREATE TABLE matching (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    epoch bigint NOT NULL,
    tables text[] NOT NULL,
    positions bigint[] NOT NULL,
    parked bigint[] NOT NULL  -- events that those tables lacked then, by table and partition
);
INSERT INTO matching VALUES (true, 0, '{}', array_fill(0::bigint, ARRAY[12]), '{}');

CREATE TABLE lease (
    name text PRIMARY KEY,
    holder text NOT NULL,
    epoch bigint NOT NULL,
    expires_at timestamptz NOT NULL
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['match', 'blocked_match', 'match_token', 'match_scan'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY matching ON %I TO projections_match USING (true) WITH CHECK (true)', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['match', 'blocked_match'] LOOP
        EXECUTE format('CREATE POLICY own_organisation ON %I FOR SELECT TO projections_app '
            'USING (org_id = nullif(current_setting(''rapport.org'', true), '''')::uuid)', name);
        EXECUTE format('GRANT SELECT ON %I TO projections_app', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON match, blocked_match, match_key, match_token, match_scan, lease
    TO projections_match;
GRANT SELECT, UPDATE ON matching TO projections_match;
GRANT SELECT ON view, view_version, checkpoint TO projections_match;
