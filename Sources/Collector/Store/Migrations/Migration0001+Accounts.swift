import Postgres

extension Migration {
  /// The part of the first schema that holds people, what they may do, and what they did.
  static let accounts: SQL = people + credentials + memberships + audit

  private static let people: SQL = """
    CREATE TABLE person (
      id uuid PRIMARY KEY,
      email text NOT NULL,             -- as it was given
      email_key text NOT NULL UNIQUE,  -- in small letters: one person an address
      name text NOT NULL,
      password_hash text,              -- PasswordHash's text form; NULL: no password
      is_operator bool NOT NULL DEFAULT false,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      disabled_at timestamptz,
      -- the secret of one-time codes, sealed; what is pending has not been confirmed by a code
      totp_sealed bytea,
      totp_pending_sealed bytea,
      totp_since timestamptz,
      totp_step int8                   -- of the last code that was accepted
    );

    CREATE TABLE recovery_code (
      person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
      code_hash bytea NOT NULL,
      used_at timestamptz,
      PRIMARY KEY (person_id, code_hash)
    );

    -- Who a person is at a provider of identities.
    CREATE TABLE oidc_identity (
      issuer text NOT NULL,
      subject text NOT NULL,
      person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
      created_at timestamptz NOT NULL DEFAULT now(),
      last_used_at timestamptz,
      PRIMARY KEY (issuer, subject)
    );
    CREATE INDEX oidc_identity_person ON oidc_identity (person_id);

    -- The link by which the first person is made. One row at most is open.
    CREATE TABLE setup_link (
      singleton bool PRIMARY KEY DEFAULT true CHECK (singleton),
      secret_hash bytea NOT NULL,
      expires_at timestamptz NOT NULL
    );

    """

  private static let memberships: SQL = """
    CREATE TABLE membership (
      organization_id int4 NOT NULL REFERENCES organization,
      person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
      role text NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organization_id, person_id)
    );
    CREATE INDEX membership_person ON membership (person_id);

    CREATE TABLE invitation (
      id uuid PRIMARY KEY,
      organization_id int4 NOT NULL REFERENCES organization,
      secret_hash bytea NOT NULL UNIQUE,
      role text NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
      email text,      -- NULL: whoever has the link
      email_key text,
      made_by text NOT NULL CHECK (made_by IN ('person', 'installation')),
      maker_id uuid REFERENCES person,
      key_id uuid REFERENCES api_key,  -- by which it was made
      created_at timestamptz NOT NULL,
      expires_at timestamptz NOT NULL,
      used_at timestamptz,
      used_by uuid REFERENCES person ON DELETE SET NULL,
      revoked_at timestamptz,
      -- Whoever is not known any more is not the installation.
      CHECK ((made_by = 'person') = (maker_id IS NOT NULL))
    );
    CREATE INDEX invitation_organization ON invitation (organization_id, created_at, id);
    CREATE INDEX invitation_maker ON invitation (maker_id);

    """

  private static let credentials: SQL = """
    CREATE TABLE api_key (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      organization_id int4 NOT NULL REFERENCES organization,
      name text NOT NULL,
      secret_hash bytea NOT NULL UNIQUE,  -- SHA-256 of the secret
      secret_end text NOT NULL,           -- its last four letters, to know it by
      scopes text[] NOT NULL,             -- as wished; what it may do is never more than its maker may
      networks cidr[],                    -- from where it may be used; NULL: from everywhere
      made_by text NOT NULL CHECK (made_by IN ('person', 'installation')),
      maker_id uuid REFERENCES person,
      parent_id uuid REFERENCES api_key,  -- the key that made it, with which it is revoked
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz,
      last_used_at timestamptz,           -- to the minute
      last_address inet,
      revoked_at timestamptz,
      -- Whoever is not known any more is not the installation.
      CHECK ((made_by = 'person') = (maker_id IS NOT NULL)),
      CHECK (cardinality(scopes) > 0)
    );
    CREATE INDEX api_key_parent ON api_key (parent_id);
    CREATE INDEX api_key_organization ON api_key (organization_id, created_at, id);
    CREATE INDEX api_key_maker ON api_key (maker_id);

    -- One sign-in: a family of refresh tokens of which the newest holds. All of a family begin with
    -- the same letters, which name it; `successor_sealed` is the newest token, under a key that only
    -- the token before it gives.
    CREATE TABLE login_session (
      id uuid PRIMARY KEY,
      person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
      kind text NOT NULL CHECK (kind IN ('browser', 'command')),
      family_hash bytea NOT NULL UNIQUE,
      token_hash bytea NOT NULL,
      previous_hash bytea,
      successor_sealed bytea,
      rotated_at timestamptz NOT NULL,
      created_at timestamptz NOT NULL,
      used_at timestamptz NOT NULL,
      idle_s int8 NOT NULL,             -- it ends when it was not used for so long ...
      expires_at timestamptz NOT NULL,  -- ... and then whatever was done
      second_factor bool NOT NULL,      -- whether one was shown
      address inet,                     -- of its last use
      user_agent text,
      ended_at timestamptz,
      end_reason text CHECK (
        end_reason IN ('signed_out', 'revoked', 'reused', 'password_changed',
          'second_factor_changed', 'crowded', 'disabled'))
    ) WITH (fillfactor = 70);
    CREATE INDEX login_session_person ON login_session (person_id, created_at, id);
    CREATE INDEX login_session_expiry ON login_session (expires_at);

    -- What access tokens are signed with. Which key does what at a moment: SigningSchedule.
    CREATE TABLE signing_key (
      kid text PRIMARY KEY,
      private_sealed bytea NOT NULL,
      public_key bytea NOT NULL,
      made_at timestamptz NOT NULL,
      signs_from timestamptz NOT NULL
    );

    -- How much was tried, of an account, from an address, both, or of a person's codes: the moment at
    -- which it is as if nothing had been tried. See RateLimit.
    CREATE TABLE login_attempt (
      name text PRIMARY KEY,
      clear_at timestamptz NOT NULL
    ) WITH (fillfactor = 70);
    CREATE INDEX login_attempt_clear ON login_attempt (clear_at);

    """

  private static let audit: SQL = """
    -- Who changed what; written in the transaction that changed it. Holds no secrets.
    CREATE TABLE audit (
      id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      organization_id int4 REFERENCES organization,  -- NULL: the installation's
      at timestamptz NOT NULL,
      actor_kind text NOT NULL CHECK (actor_kind IN ('person', 'api_key', 'system')),
      actor_id uuid,        -- the person, or the key
      actor_label text NOT NULL,
      session_id uuid,      -- by which the person acted
      action text NOT NULL,
      object_kind text NOT NULL,
      object_id text,
      change jsonb,
      address inet,
      request_id text
    );
    CREATE INDEX audit_time ON audit (organization_id, at, id);
    CREATE INDEX audit_actor ON audit (organization_id, actor_id, at, id);
    CREATE INDEX audit_object ON audit (organization_id, object_kind, object_id, at, id);
    -- Finds what is too old, whosever it is: entries lie in the order of their times.
    CREATE INDEX audit_age ON audit USING brin (at) WITH (pages_per_range = 32);

    -- Nobody changes it by mistake; only what clears old rows away says that it means it.
    CREATE FUNCTION audit_stands() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' AND current_setting('upblit.clears_audit', true) = 'yes' THEN
        RETURN OLD;
      END IF;
      RAISE EXCEPTION 'the audit log is only ever added to';
    END $$;
    CREATE TRIGGER audit_row BEFORE UPDATE OR DELETE ON audit
      FOR EACH ROW EXECUTE FUNCTION audit_stands();
    CREATE TRIGGER audit_table BEFORE TRUNCATE ON audit
      FOR EACH STATEMENT EXECUTE FUNCTION audit_stands();

    """
}
