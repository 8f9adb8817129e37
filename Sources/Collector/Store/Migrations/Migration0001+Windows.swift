import Postgres

extension Migration {
  /// The part of the first schema that holds planned maintenances.
  static let windows: SQL = """
    -- A window within which nobody is told of what goes wrong. One that has begun is never removed:
    -- to end it early is to move its end.
    CREATE TABLE maintenance (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      organization_id int4 NOT NULL REFERENCES organization,
      title text NOT NULL,
      starts_at timestamptz NOT NULL,
      ends_at timestamptz NOT NULL,
      all_monitors bool NOT NULL,  -- of the organization, those to come too
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      CHECK (ends_at >= starts_at)
    );
    CREATE INDEX maintenance_organization ON maintenance (organization_id, starts_at, id);
    CREATE INDEX maintenance_end ON maintenance (ends_at);

    -- The monitors of a window that is not for all.
    CREATE TABLE maintenance_monitor (
      maintenance_id uuid NOT NULL REFERENCES maintenance ON DELETE CASCADE,
      monitor_key int8 NOT NULL REFERENCES monitor,
      organization_id int4 NOT NULL,
      PRIMARY KEY (maintenance_id, monitor_key)
    );
    CREATE INDEX maintenance_monitor_key ON maintenance_monitor (monitor_key);

    -- The monitors whose engine was told that a maintenance began, and not yet that it ended. A row
    -- comes and goes in the transaction that writes the event, so that each is told once.
    CREATE TABLE monitor_maintenance (
      monitor_key int8 PRIMARY KEY REFERENCES monitor,
      organization_id int4 NOT NULL,
      since timestamptz NOT NULL DEFAULT now(),
      state_version int4 NOT NULL  -- the engine's states of an older version have forgotten it
    );

    """
}
