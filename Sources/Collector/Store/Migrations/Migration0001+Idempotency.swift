import Postgres

extension Migration {
  /// The part of the first schema that makes repeated requests happen once.
  static let idempotency: SQL = """
    -- Requests that carried an Idempotency-Key, for a day.
    CREATE TABLE idempotency (
      organization_id int4 NOT NULL REFERENCES organization,
      credential uuid NOT NULL,  -- the API key that sent it, or the session
      key text NOT NULL,
      fingerprint bytea NOT NULL,  -- SHA-256 of method, path, query and body
      holder uuid NOT NULL,  -- the attempt that is at it ...
      held_until timestamptz NOT NULL,  -- ... and when another may take it over
      answer_sealed bytea,  -- NULL: being answered, or nobody told how it ended
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organization_id, credential, key)
    );
    CREATE INDEX idempotency_age ON idempotency (created_at);

    """
}
