# A private Postgres cluster: its own folder, its own socket, no TCP port, no password. Sourced after
# common.sh. Postgres refuses to run as root; for root it runs as the package's user "postgres".
#
# After postgres_start: $PGHOST_DIR is the socket's folder, $PG_CONNINFO reaches database "postgres".

PG_FOLDER=
PG_CONNINFO=
PGHOST_DIR=

pg_bin() { find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1; }

# as_postgres COMMAND...: as the user that owns the cluster, from a folder that it may stand in.
as_postgres() {
  if [ "$EUID" -eq 0 ]; then
    (cd / && exec runuser -u postgres -- "$@")
  else
    "$@"
  fi
}

# postgres_folder WANTED: that folder, or for root, where user postgres cannot reach it, one in that
# user's home: nobody else may write there, so nobody can have prepared it.
postgres_folder() {
  local wanted=$1 parent home
  parent="$(dirname "$wanted")"
  mkdir -p "$parent"
  if [ "$EUID" -eq 0 ] && ! as_postgres test -x "$parent"; then
    home="$(getent passwd postgres | cut -d: -f6)"
    [ -d "$home" ] || die "user postgres has no home; is the package postgresql installed?"
    wanted="$home/upblit-$(printf '%s' "$wanted" | cksum | cut -d' ' -f1)"
  fi
  printf '%s' "$wanted"
}

# postgres_start FOLDER [SETTING...]: makes the cluster if it is not there, and starts it. Settings are
# lines of postgresql.conf.
postgres_start() {
  local bin socket
  bin="$(pg_bin)"
  [ -n "$bin" ] || die "no Postgres server is installed (package postgresql)"
  PG_FOLDER="$(postgres_folder "$1")"
  # what lies elsewhere is not left behind
  [ "$PG_FOLDER" = "$1" ] || on_exit rm -rf "$PG_FOLDER"
  shift
  if [ ! -s "$PG_FOLDER/PG_VERSION" ]; then
    rm -rf "$PG_FOLDER"
    mkdir -m 700 "$PG_FOLDER"
    [ "$EUID" -ne 0 ] || chown postgres "$PG_FOLDER"
    as_postgres "$bin/initdb" -D "$PG_FOLDER" -U upblit --auth=trust -E UTF8 --locale=C.UTF-8 \
      >/dev/null ||
      die "initdb failed in $PG_FOLDER"
  fi
  # a socket's path holds 107 bytes at most, and settings of Postgres and connections name it, each with quotes of its
  # own; the folder is 0700, so that trust means its owner and root
  socket=$PG_FOLDER
  if [ ${#socket} -gt 80 ] || [[ "$socket" == *[!A-Za-z0-9/._-]* ]]; then
    socket="$(mktemp -d /tmp/upblit-socket.XXXXXX)"
    [ "$EUID" -ne 0 ] || chown postgres "$socket"
    on_exit rm -rf "$socket"
  fi
  PGHOST_DIR=$socket
  PG_CONNINFO="host=$socket user=upblit dbname=postgres"
  {
    echo "listen_addresses = ''"
    echo "unix_socket_directories = '$socket'"
    echo "unix_socket_permissions = 0700"
    echo "max_connections = 200"
    echo "logging_collector = off"
    printf '%s\n' "$@"
  } | as_postgres tee "$PG_FOLDER/upblit.conf" >/dev/null
  as_postgres grep -q '^include .upblit.conf' "$PG_FOLDER/postgresql.conf" ||
    echo "include 'upblit.conf'" | as_postgres tee -a "$PG_FOLDER/postgresql.conf" >/dev/null
  on_exit postgres_stop
  as_postgres "$bin/pg_ctl" -D "$PG_FOLDER" -s -w -l "$PG_FOLDER/server.log" start || {
    as_postgres tail -n 5 "$PG_FOLDER/server.log" >&2
    die "Postgres did not start in $PG_FOLDER"
  }
}

postgres_stop() {
  [ -n "$PG_FOLDER" ] || return 0
  as_postgres "$(pg_bin)/pg_ctl" -D "$PG_FOLDER" -s -m fast -w stop >/dev/null 2>&1 || true
}

# sql [PSQL OPTION...]: psql on the private cluster: errors stop it, output is bare rows.
sql() { "$(pg_bin)/psql" "$PG_CONNINFO" -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
