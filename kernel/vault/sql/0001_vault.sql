-- One wrapped key per organisation and person. The keys that wrap them are files outside of this database, in epochs.
CREATE TABLE person_key (
    org_id uuid NOT NULL,
    person_id uuid NOT NULL,
    key_id uuid NOT NULL,
    epoch smallint NOT NULL,
    wrapped bytea,  -- NULL: destroyed; the row stays, so that an erased person gets no new key
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, person_id)
);

-- The vault's role answers no caller: one query may serve what waits of several organisations.
ALTER TABLE person_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE person_key FORCE ROW LEVEL SECURITY;
CREATE POLICY batches ON person_key TO vault_app USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON person_key TO vault_app;

-- Who asked at a command line for personal parts to be opened, written before the first of them is.
CREATE TABLE opening (
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    org_id uuid NOT NULL,
    subject text NOT NULL,  -- of the token, as its role
    role text NOT NULL,
    opened_by text NOT NULL,  -- the user and the machine
    topic text NOT NULL,
    asked text NOT NULL
);
ALTER TABLE opening ENABLE ROW LEVEL SECURITY;
ALTER TABLE opening FORCE ROW LEVEL SECURITY;
CREATE POLICY recording ON opening FOR INSERT TO vault_app WITH CHECK (true);
CREATE POLICY reading ON opening FOR SELECT TO vault_owner USING (true);
GRANT INSERT ON opening TO vault_app;
