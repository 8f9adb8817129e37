import Postgres

extension Migration {
  /// Who holds which seat, who is heard, and which events wait to be stepped.
  static let seats = Migration(
    number: 2, name: "seats", sql: events + presence + incidents + monitorChanges)

  private static let events: SQL = """
    -- Events are taken one by one, not up to a mark: of two transactions that wrote events of one
    -- monitor, the one with the higher number may commit first.
    ALTER TABLE quorum_event ADD COLUMN stepped_at timestamptz;
    DROP INDEX quorum_event_monitor;
    CREATE INDEX quorum_event_open ON quorum_event (monitor_key, id) WHERE stepped_at IS NULL;
    CREATE INDEX quorum_event_stepped ON quorum_event USING brin (stepped_at);
    ALTER TABLE quorum_state DROP COLUMN last_event;
    CREATE INDEX probe_request_asked ON probe_request USING brin (asked_at);

    """

  private static let presence: SQL = """
    -- The longest timeout of what the agent is assigned: how far its watermark may honestly lag.
    ALTER TABLE agent_assignment ADD COLUMN longest_timeout_ms int4 NOT NULL DEFAULT 0;

    -- Whether an agent is heard. Written at the edges only.
    CREATE TABLE agent_presence (
      agent_key int4 PRIMARY KEY REFERENCES agent,
      state text NOT NULL CHECK (state IN ('live', 'behind', 'silent')),
      since timestamptz NOT NULL
    );

    """

  private static let incidents: SQL = """
    DROP INDEX incident_open;
    CREATE UNIQUE INDEX incident_open ON incident (monitor_key) WHERE ended_at IS NULL;

    """

  private static let monitorChanges: SQL = """
    -- Moves with every change of a monitor, so that an unchanged state is told by one number.
    CREATE SEQUENCE monitor_change AS int8;

    -- A monitor that was made or changed is to be looked at, whoever changed it.
    CREATE FUNCTION monitor_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM nextval('monitor_change');
      INSERT INTO quorum_state (monitor_key, organization_id, state)
      VALUES (NEW.key, NEW.organization_id, 'null') ON CONFLICT (monitor_key) DO NOTHING;
      INSERT INTO monitor_due AS known (monitor_key, due_at)
      VALUES (NEW.key, clock_timestamp())
      ON CONFLICT (monitor_key) DO UPDATE SET due_at = greatest(
        excluded.due_at, least(known.due_at, excluded.due_at) + interval '1 microsecond');
      PERFORM pg_notify('upblit_monitor', NEW.key::text);
      RETURN NULL;
    END $$;
    CREATE TRIGGER monitor_inserted AFTER INSERT ON monitor
      FOR EACH ROW EXECUTE FUNCTION monitor_changed();
    CREATE TRIGGER monitor_updated AFTER UPDATE ON monitor
      FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION monitor_changed();

    INSERT INTO quorum_state (monitor_key, organization_id, state)
    SELECT key, organization_id, 'null' FROM monitor ON CONFLICT (monitor_key) DO NOTHING;
    INSERT INTO monitor_due (monitor_key, due_at)
    SELECT key, now() FROM monitor ON CONFLICT (monitor_key) DO NOTHING;

    """
}
