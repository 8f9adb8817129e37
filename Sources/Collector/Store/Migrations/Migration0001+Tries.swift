import Postgres

extension Migration {
  /// The part of the first schema that holds checks which somebody tries.
  static let tries: SQL = """
    -- A check that somebody tries from all regions, for some minutes: nothing of it is a result.
    CREATE TABLE check_try (
      id uuid PRIMARY KEY,
      organization_id int4 NOT NULL REFERENCES organization,
      "check" jsonb NOT NULL,           -- without its secrets
      secrets bytea,                    -- sealed; NULL: none
      timeout_ms int4 NOT NULL,
      asked int4 NOT NULL,              -- agents that were asked
      asked_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz NOT NULL   -- no answer is taken from then on
    );
    CREATE INDEX check_try_organization ON check_try (organization_id, asked_at);
    CREATE INDEX check_try_expired ON check_try (expires_at);

    CREATE TABLE check_try_region (
      try_id uuid NOT NULL REFERENCES check_try ON DELETE CASCADE,
      region text NOT NULL,
      organization_id int4 NOT NULL,
      agent_key int4 REFERENCES agent,  -- who is asked; NULL: nobody is connected there
      sent_at timestamptz,
      answer jsonb,                     -- NULL: none yet
      PRIMARY KEY (try_id, region)
    );
    CREATE INDEX check_try_region_open ON check_try_region (agent_key)
      WHERE sent_at IS NULL AND answer IS NULL;

    """
}
