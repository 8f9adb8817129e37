# A whole Upblit on this machine: one collector on a private cluster, and agents. Sourced after postgres.sh.
#
# Everything lives under $STACK. Agents get their tokens through the API, as anywhere else.

STACK=
BIN=
COLLECTOR_PID=
INGRESS_PORT=
API_URL=
PERSON=
PASSWORD=
declare -A AGENT_PID=()

# build_programs CONFIGURATION: builds everything but the tests, with progress, unless nothing changed; sets $BIN.
build_programs() {
  run_step "swift build ($1)" "$SWIFT" build -c "$1"
  BIN="$ROOT/.build/$1"
}

# stack_start FOLDER [SETTING...]: cluster, schema, admin, collector; $API_URL answers afterwards, and `upblit_cli`
# works. Settings are lines of its configuration.
stack_start() {
  STACK=$1
  shift
  mkdir -p -m 755 "$STACK"
  local api
  read -r INGRESS_PORT api < <(free_ports 2)
  API_URL="http://127.0.0.1:$api"
  if ! sql -c "SELECT 1 FROM pg_database WHERE datname = 'upblit'" | grep -q 1; then
    sql -c 'CREATE DATABASE upblit'
  fi
  PG_CONNINFO="${PG_CONNINFO/dbname=postgres/dbname=upblit}"
  cat >"$STACK/collector.conf" <<CONF
database = "$PG_CONNINFO"
key_file = $STACK/master.key
ingress_listen = 127.0.0.1:$INGRESS_PORT
http_listen = 127.0.0.1:$api
http_public_url = $API_URL
canaries = off
CONF
  [ $# -eq 0 ] || printf '%s\n' "$@" >>"$STACK/collector.conf"
  [ -s "$STACK/master.key" ] || "$BIN/upblit-collector" create-key --config "$STACK/collector.conf" >/dev/null
  "$BIN/upblit-collector" migrate --config "$STACK/collector.conf" >"$STACK/migrate.log" 2>&1 || {
    tail -n 5 "$STACK/migrate.log" >&2
    die "the collector could not prepare its database"
  }
  if [ ! -s "$STACK/api.key" ]; then
    (umask 077 && "$BIN/upblit-collector" create-admin --config "$STACK/collector.conf" >"$STACK/api.key" 2>"$STACK/admin.log") ||
      die "create-admin failed: $(tail -n 3 "$STACK/admin.log")"
  fi
  collector_start
}

collector_start() {
  "$BIN/upblit-collector" serve --config "$STACK/collector.conf" >>"$STACK/collector.log" 2>&1 &
  COLLECTOR_PID=$!
  on_exit stop_process "$COLLECTOR_PID"
  await 30 curl -fsS "$API_URL/readyz" || {
    tail -n 5 "$STACK/collector.log" >&2
    die "the collector did not become ready"
  }
}

# upblit_cli ARGUMENT...: the command line, logged in as the admin.
upblit_cli() { UPBLIT_SERVER="$API_URL" UPBLIT_TOKEN="$(cat "$STACK/api.key")" "$BIN/upblit" "$@"; }

# stack_api COMMAND...: a call of lib/api.py as the admin.
stack_api() { UPBLIT_SERVER="$API_URL" UPBLIT_TOKEN="$(cat "$STACK/api.key")" "$PYTHON" "$ROOT/deploy/lib/api.py" "$@"; }

# person_make: an operator who may sign in; $PERSON and $PASSWORD say as whom.
person_make() {
  PERSON=demo@example.org
  PASSWORD="$(openssl rand -hex 9)"
  printf '%s\n' "$PASSWORD" |
    "$BIN/upblit-collector" create-admin --config "$STACK/collector.conf" --email "$PERSON" --name Demo \
      >"$STACK/person.log" 2>&1 || die "nobody can sign in: $(tail -n 1 "$STACK/person.log")"
}

# agent_enrol NAME REGION PROVIDER [SETTING...]: a token, and an agent enrolled with it. Settings are lines of
# its configuration.
agent_enrol() {
  local name=$1 region=$2 provider=$3 folder="$STACK/$1"
  shift 3
  mkdir -p -m 700 "$folder"
  {
    echo "state_folder = $folder/state"
    echo "allow_loopback_targets = true"
    [ $# -eq 0 ] || printf '%s\n' "$@"
  } >"$folder/agent.conf"
  [ ! -d "$folder/state" ] || return 0
  stack_api token "$name" "$region" "$provider" |
    "$BIN/upblit-agent" enroll --config "$folder/agent.conf" --collector "tls://127.0.0.1:$INGRESS_PORT" \
      --token-file - >"$folder/enroll.log" 2>&1 || {
    tail -n 3 "$folder/enroll.log" >&2
    die "agent $name could not enrol"
  }
}

agent_start() {
  local name=$1 folder="$STACK/$1"
  "$BIN/upblit-agent" run --config "$folder/agent.conf" >>"$folder/agent.log" 2>&1 &
  AGENT_PID[$name]=$!
  on_exit stop_process "${AGENT_PID[$name]}"
}

agent_stop() { stop_process "${AGENT_PID[$1]}"; }
