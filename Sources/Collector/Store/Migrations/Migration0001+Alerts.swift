import Postgres

extension Migration {
  /// The part of the first schema that says who is told, and what of it was sent.
  static let alerts: SQL = """
    -- A way to reach people or programs: see Alerts.ChannelKind.
    CREATE TABLE channel (
      id uuid PRIMARY KEY,
      organization_id int4 NOT NULL REFERENCES organization,
      name text NOT NULL,
      kind text NOT NULL,
      settings jsonb NOT NULL,     -- what may be told
      secrets bytea,               -- the other settings, sealed
      enabled bool NOT NULL DEFAULT true,
      disabled_reason text,        -- where its receiver wanted no more, in its words
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      deleted_at timestamptz
    );
    CREATE UNIQUE INDEX channel_name ON channel (organization_id, name) WHERE deleted_at IS NULL;

    -- How each channel's sending stands. Whoever holds the lease alone sends to it and says what
    -- became of it.
    CREATE TABLE channel_outbox (
      channel_id uuid PRIMARY KEY REFERENCES channel,
      organization_id int4 NOT NULL,
      lease uuid,
      lease_until timestamptz,
      held_until timestamptz,      -- nothing before: its provider wants a pause, or does not answer
      paced_until timestamptz,     -- when it may have its whole burst again: see RateLimit
      last_sent_at timestamptz,
      unanswered int4 NOT NULL DEFAULT 0  -- attempts in a row that had no answer
    );
    CREATE INDEX channel_outbox_leased ON channel_outbox (organization_id) WHERE lease IS NOT NULL;

    -- Who is told of what. Read in the order of `place`: all that fit count, up to one that is the
    -- last. An organization that has none tells everything to all its channels.
    CREATE TABLE route (
      id uuid PRIMARY KEY,
      organization_id int4 NOT NULL REFERENCES organization,
      name text NOT NULL,
      place int4 NOT NULL,
      -- of monitors that have one of the tags or are named; both empty: of all
      tags text[] NOT NULL DEFAULT '{}',
      monitors uuid[] NOT NULL DEFAULT '{}',
      least_urgency text NOT NULL DEFAULT 'notify' CHECK (least_urgency IN ('notify', 'page')),
      verdicts text[] NOT NULL DEFAULT '{}',  -- empty: all
      channels uuid[] NOT NULL,
      delay_s int4 NOT NULL DEFAULT 0 CHECK (delay_s >= 0),
      remind_s int4 CHECK (remind_s > 0),     -- NULL: no reminders
      is_last bool NOT NULL DEFAULT false,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      deleted_at timestamptz
    );
    CREATE UNIQUE INDEX route_name ON route (organization_id, name) WHERE deleted_at IS NULL;

    -- One thing that one channel is to say, written in the transaction of what it is about.
    CREATE TABLE delivery (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),  -- the same for every attempt
      key int8 GENERATED ALWAYS AS IDENTITY,
      organization_id int4 NOT NULL,
      channel_id uuid NOT NULL REFERENCES channel,
      notice_id uuid NOT NULL REFERENCES notice ON DELETE CASCADE,
      incident_id uuid,
      monitor_key int8 NOT NULL,
      matter text NOT NULL,        -- as Alerts.IncidentKey has it
      number int8 NOT NULL,        -- a monitor's are told in this order
      -- `handover`: the matter goes on as an incident, of which the notice tells
      -- `acknowledged`: somebody has the matter, of which the notice tells, in hand
      -- `repeat`: said again and again, lest the receiver takes it for over
      event text NOT NULL
        CHECK (event IN ('notice', 'handover', 'reminder', 'acknowledged', 'repeat')),
      nth int4 NOT NULL DEFAULT 0, -- of reminders
      is_end bool NOT NULL,        -- it says that the matter is over
      remind_s int4,
      state text NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'sending', 'delivered', 'superseded', 'failed')),
      reason text,                 -- why superseded or failed, and of the last attempt until then
      attempts int4 NOT NULL DEFAULT 0,
      may_have_arrived bool NOT NULL DEFAULT false,
      due_at timestamptz NOT NULL,
      retry_at timestamptz,
      next_at timestamptz,         -- when to look at it; NULL: when there is news of its monitor
      first_at timestamptz,        -- the first attempt
      sent_at timestamptz,
      message_id uuid,             -- the delivery whose message says it, or stands for it
      created_at timestamptz NOT NULL DEFAULT now(),
      UNIQUE (notice_id, channel_id, event, nth)
    );
    CREATE UNIQUE INDEX delivery_key ON delivery (organization_id, key);
    CREATE INDEX delivery_waiting ON delivery (channel_id, next_at)
      WHERE state IN ('pending', 'sending');
    CREATE INDEX delivery_matter ON delivery (matter, channel_id, number);
    CREATE INDEX delivery_incident ON delivery (incident_id) WHERE incident_id IS NOT NULL;

    -- What a notice owes to whom. An end goes wherever its matter was told of, whatever the routes
    -- say by then; so does what becomes of the matter.
    CREATE FUNCTION notice_owes() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      ends bool := NEW.kind IN ('ended', 'steady');
      is_said bool := NEW.kind NOT IN ('ended', 'steady') AND NEW.urgency IN ('notify', 'page');
      its_id uuid;
      its_tags text[];
      its_matter text;
      has_owed bool := false;
    BEGIN
      IF NOT (ends OR is_said) OR NOT EXISTS (
        SELECT FROM channel WHERE organization_id = NEW.organization_id AND deleted_at IS NULL)
      THEN RETURN NULL; END IF;
      SELECT id, tags INTO its_id, its_tags FROM monitor WHERE key = NEW.monitor_key;
      its_matter := CASE WHEN NEW.kind IN ('flapping', 'steady') THEN 'flap_' || its_id
        WHEN NEW.incident_id IS NOT NULL THEN 'inc_' || NEW.incident_id
        ELSE 'mon_' || its_id END;

      WITH fitting AS (
        SELECT * FROM route r
        WHERE is_said AND r.organization_id = NEW.organization_id AND r.deleted_at IS NULL
          AND (r.least_urgency = 'notify' OR NEW.urgency = 'page')
          AND (r.verdicts = '{}' OR NEW.verdict = ANY (r.verdicts))
          AND ((r.tags = '{}' AND r.monitors = '{}') OR r.tags && its_tags
            OR its_id = ANY (r.monitors))
      ), told AS (
        SELECT DISTINCT ON (d.channel_id) d.channel_id, d.is_end, d.due_at, d.remind_s
        FROM delivery d WHERE d.matter = its_matter
        ORDER BY d.channel_id, d.number DESC, d.is_end DESC, d.key
      ), wanted AS (
        SELECT unnest(f.channels) AS channel_id,
          NEW.created_at + f.delay_s * interval '1 second' AS due_at, f.remind_s
        FROM fitting f
        WHERE f.place <= coalesce((SELECT min(l.place) FROM fitting l WHERE l.is_last), f.place)
        UNION ALL
        SELECT c.id, NEW.created_at, NULL FROM channel c
        WHERE is_said AND c.organization_id = NEW.organization_id AND NOT EXISTS (
          SELECT FROM route r
          WHERE r.organization_id = NEW.organization_id AND r.deleted_at IS NULL)
        UNION ALL
        SELECT t.channel_id,
          CASE WHEN ends THEN NEW.created_at ELSE greatest(NEW.created_at, t.due_at) END, t.remind_s
        FROM told t WHERE NOT t.is_end
      )
      INSERT INTO delivery (organization_id, channel_id, notice_id, incident_id, monitor_key, matter,
        number, event, is_end, due_at, next_at, remind_s)
      SELECT NEW.organization_id, c.id, NEW.id, NEW.incident_id, NEW.monitor_key, its_matter,
        NEW.number * 2 + 1, 'notice', ends, min(w.due_at), min(w.due_at), min(w.remind_s)
      FROM wanted w JOIN channel c ON c.id = w.channel_id
      WHERE c.organization_id = NEW.organization_id AND c.enabled AND c.deleted_at IS NULL
      GROUP BY c.id;
      has_owed := FOUND;

      -- What was no incident is one now: the old matter ends where it was told of.
      IF NEW.incident_id IS NOT NULL AND NOT ends THEN
        INSERT INTO delivery (organization_id, channel_id, notice_id, incident_id, monitor_key,
          matter, number, event, is_end, due_at, next_at)
        SELECT NEW.organization_id, c.id, NEW.id, NEW.incident_id, NEW.monitor_key, 'mon_' || its_id,
          NEW.number * 2, 'handover', true, NEW.created_at, NEW.created_at
        FROM (
          SELECT DISTINCT ON (d.channel_id) d.channel_id, d.is_end FROM delivery d
          WHERE d.matter = 'mon_' || its_id
          ORDER BY d.channel_id, d.number DESC, d.is_end DESC
        ) t JOIN channel c ON c.id = t.channel_id
        WHERE NOT t.is_end AND c.enabled AND c.deleted_at IS NULL;
        has_owed := has_owed OR FOUND;
      END IF;
      IF has_owed THEN PERFORM pg_notify('upblit_delivery', ''); END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER notice_owed AFTER INSERT ON notice
      FOR EACH ROW EXECUTE FUNCTION notice_owes();

    """

  /// Whoever was told of an incident is told who has it in hand.
  static let acknowledgements: SQL = """
    CREATE FUNCTION acknowledgement_owes() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO delivery (organization_id, channel_id, notice_id, incident_id, monitor_key, matter,
        number, event, is_end, due_at, next_at)
      SELECT t.organization_id, t.channel_id, t.notice_id, t.incident_id, t.monitor_key, t.matter,
        t.number, 'acknowledged', false, greatest(NEW.at, t.due_at), greatest(NEW.at, t.due_at)
      FROM (
        SELECT DISTINCT ON (d.channel_id) d.* FROM delivery d
        WHERE d.matter = 'inc_' || NEW.incident_id
        ORDER BY d.channel_id, d.number DESC, d.is_end DESC, d.key
      ) t JOIN channel c ON c.id = t.channel_id
      WHERE NOT t.is_end AND c.enabled AND c.deleted_at IS NULL
      ON CONFLICT DO NOTHING;
      IF FOUND THEN PERFORM pg_notify('upblit_delivery', ''); END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER acknowledgement_owed AFTER INSERT ON incident_note
      FOR EACH ROW WHEN (NEW.kind = 'acknowledged') EXECUTE FUNCTION acknowledgement_owes();

    """
}
