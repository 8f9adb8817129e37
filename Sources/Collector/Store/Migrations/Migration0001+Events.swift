import Postgres

extension Migration {
  /// The part of the first schema that tells what happened, for those who listen.
  static let events: SQL = """
    -- What happened, written by the transactions that made it so. `txid` is the transaction's own
    -- number: whoever reads only below the oldest one that is still open (pg_snapshot_xmin) has seen
    -- all there will ever be below, so that (txid, id) is an order in which nothing is lost.
    CREATE TABLE event (
      organization_id int4 NOT NULL,  -- 0: the installation's, told to all
      txid int8 NOT NULL DEFAULT pg_current_xact_id()::text::int8,
      id int8 GENERATED ALWAYS AS IDENTITY,
      at timestamptz NOT NULL DEFAULT now(),
      monitor_key int8,
      kind text NOT NULL,
      data jsonb NOT NULL,
      PRIMARY KEY (organization_id, txid, id)
    );
    CREATE INDEX event_txid ON event (txid);
    CREATE INDEX event_at ON event USING brin (at);

    -- As RFC 3339 has it, whatever the session's time zone.
    CREATE FUNCTION event_time(at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$
      SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    $$;

    CREATE FUNCTION verdict_happened() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO event (organization_id, monitor_key, kind, data)
      VALUES (NEW.organization_id, NEW.monitor_key, 'verdict.changed', jsonb_build_object(
        'verdict_id', NEW.id::text, 'verdict', NEW.verdict,
        'started_at', event_time(NEW.started_at), 'decided_at', event_time(NEW.decided_at)));
      RETURN NULL;
    END $$;
    CREATE TRIGGER verdict_event AFTER INSERT ON verdict
      FOR EACH ROW EXECUTE FUNCTION verdict_happened();

    CREATE FUNCTION incident_happened() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      word text;
    BEGIN
      word := CASE
        WHEN TG_OP = 'INSERT' THEN 'opened'
        WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL THEN 'closed'
        WHEN OLD.acknowledged_at IS NULL AND NEW.acknowledged_at IS NOT NULL THEN 'acknowledged'
        WHEN OLD.resolved_at IS NULL AND NEW.resolved_at IS NOT NULL THEN 'resolved'
        ELSE 'changed' END;
      INSERT INTO event (organization_id, monitor_key, kind, data)
      VALUES (NEW.organization_id, NEW.monitor_key, 'incident.' || word, jsonb_build_object(
        'incident', NEW.id, 'severity', NEW.severity, 'started_at', event_time(NEW.started_at),
        'ended_at', event_time(NEW.ended_at)));
      RETURN NULL;
    END $$;
    CREATE TRIGGER incident_inserted AFTER INSERT ON incident
      FOR EACH ROW EXECUTE FUNCTION incident_happened();
    CREATE TRIGGER incident_updated AFTER UPDATE ON incident FOR EACH ROW
      WHEN ((OLD.severity, OLD.ended_at, OLD.cause_id, OLD.marks, OLD.acknowledged_at,
        OLD.resolved_at) IS DISTINCT FROM (NEW.severity, NEW.ended_at, NEW.cause_id, NEW.marks,
        NEW.acknowledged_at, NEW.resolved_at))
      EXECUTE FUNCTION incident_happened();

    CREATE FUNCTION incident_note_happened() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO event (organization_id, monitor_key, kind, data)
      SELECT NEW.organization_id, i.monitor_key,
        CASE NEW.kind WHEN 'update' THEN 'incident.updated' ELSE 'incident.commented' END,
        jsonb_build_object('incident', i.id, 'severity', i.severity, 'note', NEW.id::text,
          'status', NEW.status, 'by', NEW.actor_label)
      FROM incident i WHERE i.id = NEW.incident_id;
      RETURN NULL;
    END $$;
    CREATE TRIGGER incident_note_inserted AFTER INSERT ON incident_note FOR EACH ROW
      WHEN (NEW.kind IN ('comment', 'update')) EXECUTE FUNCTION incident_note_happened();

    CREATE FUNCTION agent_presence_happened() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO event (organization_id, kind, data)
      SELECT coalesce(a.organization_id, 0),
        CASE NEW.state WHEN 'silent' THEN 'agent.gone' ELSE 'agent.connected' END,
        jsonb_build_object('agent', a.id, 'name', a.name, 'region', a.region)
      FROM agent a WHERE a.key = NEW.agent_key;
      RETURN NULL;
    END $$;
    CREATE TRIGGER agent_presence_inserted AFTER INSERT ON agent_presence FOR EACH ROW
      WHEN (NEW.state <> 'silent') EXECUTE FUNCTION agent_presence_happened();
    CREATE TRIGGER agent_presence_updated AFTER UPDATE OF state ON agent_presence FOR EACH ROW
      WHEN ((OLD.state = 'silent') <> (NEW.state = 'silent'))
      EXECUTE FUNCTION agent_presence_happened();

    """
}
