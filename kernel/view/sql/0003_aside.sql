-- What the version that is read has set aside is left out of answers about the past too: its places, of the caller's
-- organisation alone, and nothing else of it.
CREATE POLICY own_organisation ON parked FOR SELECT TO projections_app
    USING (org_id = nullif(current_setting('rapport.org', true), '')::uuid);
CREATE POLICY own_organisation ON dropped FOR SELECT TO projections_app
    USING (org_id = nullif(current_setting('rapport.org', true), '')::uuid);
GRANT SELECT (taker, service, partition, position) ON parked TO projections_app;
GRANT SELECT (taker, service, partition, position, ended) ON dropped TO projections_app;
CREATE INDEX dropped_taker ON dropped (taker, org_id);
