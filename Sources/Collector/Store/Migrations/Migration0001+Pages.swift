import Postgres

extension Migration {
  /// The part of the first schema that holds what organizations show to the public.
  static let pages: SQL = """
    -- Made by itself with an organization's first monitor.
    CREATE TABLE status_page (
      organization_id int4 PRIMARY KEY REFERENCES organization,
      -- its place in the address
      slug text NOT NULL UNIQUE
        CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 63),
      title text NOT NULL,
      description text NOT NULL DEFAULT '',
      published bool NOT NULL DEFAULT true,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    );

    -- How a monitor is shown, where it is not by its own name, behind those that were placed.
    CREATE TABLE status_component (
      monitor_key int8 PRIMARY KEY REFERENCES monitor,
      organization_id int4 NOT NULL,
      name text,           -- NULL: the monitor's
      group_name text,     -- NULL: it stands alone
      position int4,       -- NULL: behind all that have one
      hidden bool NOT NULL DEFAULT false
    );
    CREATE INDEX status_component_organization ON status_component (organization_id);

    CREATE FUNCTION status_page_begins() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      wish text;
      called text;
    BEGIN
      IF EXISTS (SELECT FROM status_page WHERE organization_id = NEW.organization_id) THEN
        RETURN NULL;
      END IF;
      SELECT name, trim(BOTH '-' FROM left(trim(BOTH '-' FROM
          regexp_replace(lower(name), '[^a-z0-9]+', '-', 'g')), 40))
        INTO called, wish FROM organization WHERE id = NEW.organization_id;
      IF wish = '' THEN wish := 'status'; END IF;
      INSERT INTO status_page (organization_id, slug, title)
      VALUES (NEW.organization_id, wish, called) ON CONFLICT DO NOTHING;
      -- The address is another's.
      INSERT INTO status_page (organization_id, slug, title)
      VALUES (NEW.organization_id, wish || '-' || substr(md5(random()::text), 1, 8), called)
      ON CONFLICT DO NOTHING;
      RETURN NULL;
    END $$;
    CREATE TRIGGER status_page_begun AFTER INSERT ON monitor
      FOR EACH ROW EXECUTE FUNCTION status_page_begins();

    -- Whoever keeps rendered pages renders the organization's anew.
    CREATE FUNCTION status_page_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_notify('upblit_page',
        coalesce(NEW.organization_id, OLD.organization_id)::text);
      RETURN NULL;
    END $$;
    CREATE TRIGGER status_page_own AFTER INSERT OR UPDATE OR DELETE ON status_page
      FOR EACH ROW EXECUTE FUNCTION status_page_changed();
    CREATE TRIGGER status_page_component AFTER INSERT OR UPDATE OR DELETE ON status_component
      FOR EACH ROW EXECUTE FUNCTION status_page_changed();
    CREATE TRIGGER status_page_verdict AFTER INSERT ON verdict
      FOR EACH ROW EXECUTE FUNCTION status_page_changed();
    CREATE TRIGGER status_page_incident_new AFTER INSERT ON incident
      FOR EACH ROW EXECUTE FUNCTION status_page_changed();
    CREATE TRIGGER status_page_incident AFTER UPDATE ON incident FOR EACH ROW
      WHEN ((OLD.severity, OLD.ended_at, OLD.cause_id, OLD.marks, OLD.resolved_at)
        IS DISTINCT FROM (NEW.severity, NEW.ended_at, NEW.cause_id, NEW.marks, NEW.resolved_at))
      EXECUTE FUNCTION status_page_changed();
    CREATE TRIGGER status_page_update AFTER INSERT ON incident_note FOR EACH ROW
      WHEN (NEW.kind = 'update') EXECUTE FUNCTION status_page_changed();
    CREATE TRIGGER status_page_maintenance AFTER INSERT OR UPDATE OR DELETE ON maintenance
      FOR EACH ROW EXECUTE FUNCTION status_page_changed();
    CREATE TRIGGER status_page_maintained AFTER INSERT OR DELETE ON monitor_maintenance
      FOR EACH ROW EXECUTE FUNCTION status_page_changed();
    CREATE TRIGGER status_page_monitor_new AFTER INSERT ON monitor
      FOR EACH ROW EXECUTE FUNCTION status_page_changed();
    CREATE TRIGGER status_page_monitor AFTER UPDATE ON monitor FOR EACH ROW
      WHEN ((OLD.name, OLD.paused, OLD.deleted_at)
        IS DISTINCT FROM (NEW.name, NEW.paused, NEW.deleted_at))
      EXECUTE FUNCTION status_page_changed();

    """
}
