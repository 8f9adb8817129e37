import Postgres

extension Migration {
  /// The part of the first schema that holds what people are told.
  static let notices: SQL = """
    -- The outbox: what is to be said to people, written in the transaction of the step that decided
    -- it. Its id is the same however often it is sent. Numbers count up in the order in which a
    -- monitor's, and so an incident's, notices were decided.
    CREATE TABLE notice (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      number int8 GENERATED ALWAYS AS IDENTITY,
      organization_id int4 NOT NULL,
      monitor_key int8 NOT NULL REFERENCES monitor,
      incident_id uuid REFERENCES incident,  -- NULL: about a monitor that has none
      verdict_id int8 REFERENCES verdict,    -- the monitor's newest then
      step int8 NOT NULL,                    -- the number in quorum_log of the step
      kind text NOT NULL
        CHECK (kind IN ('began', 'worsened', 'changed', 'ended', 'flapping', 'steady')),
      urgency text NOT NULL CHECK (urgency IN ('none', 'admins', 'notify', 'page')),
      verdict text NOT NULL
        CHECK (verdict IN ('up', 'degraded', 'partial', 'regional', 'down', 'unknown')),
      domain text,                           -- the one provider whose regions fail
      at timestamptz NOT NULL,               -- since when that holds; of `ended`, when it ended
      created_at timestamptz NOT NULL,       -- when it was decided
      body jsonb NOT NULL,                   -- what a message needs beside: see NoticeBody
      UNIQUE (monitor_key, step, kind)
    );
    CREATE INDEX notice_organization ON notice (organization_id, number);
    CREATE INDEX notice_monitor ON notice (monitor_key, number);
    CREATE INDEX notice_incident ON notice (incident_id, number) WHERE incident_id IS NOT NULL;

    """
}
