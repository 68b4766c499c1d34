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
