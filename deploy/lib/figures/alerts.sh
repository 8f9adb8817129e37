# How soon somebody is told. Sourced by deploy/bench.

# alert_channels PORT: four webhooks there, each told of the monitors that bear its name
alert_channels() {
  local i id secret
  for i in 0 1 2 3; do
    secret="whsec_$(head -c 32 /dev/urandom | base64)"
    id="$(stack_api call POST /channels "{\"name\": \"webhook-$i\", \"kind\": \"webhook\",
      \"settings\": {\"url\": \"http://127.0.0.1:$1/$i\", \"secret\": \"$secret\"}}" | field id)"
    stack_api call POST /routes "{\"name\": \"webhook-$i\", \"tags\": [\"webhook-$i\"], \"channels\": [\"$id\"]}" >/dev/null
  done
}

# --- alert.first_byte_p99_ms

bench_alerts() {
  wanted alert.first_byte_p99_ms || return 0
  stack_ready
  local i port line runs count rate=100 p99=() p50=() most=()
  runs="$(pick 1 5)" count="$(pick 1000 3000)"
  # four receivers: a webhook's receiver is sent 50 a second at most
  read -r port < <(free_ports 1)
  alert_channels "$port"
  say "alerts: $count incidents, $rate a second, each to one of four webhooks"
  for ((i = 0; i < runs; i++)); do
    # the collector is at these tables too, and who waits for whom may go round in a circle
    await 60 sql -c 'SET client_min_messages = warning' -c 'TRUNCATE notice, incident, verdict CASCADE' ||
      die "the incidents of the run before can't be deleted"
    stack_api clear
    stack_api paused "$count" "http://127.0.0.1:9/%d"
    sql -c "UPDATE monitor SET tags = ARRAY['webhook-' || key % 4] WHERE deleted_at IS NULL"
    line="$(PATH="$(pg_bin):$PATH" UPBLIT_CONNINFO="$PG_CONNINFO" "$PYTHON" "$ROOT/deploy/baseline/alert_load.py" \
      "$rate" "$count" "$port")"
    p99+=("$(field p99_ms <<<"$line")") p50+=("$(field p50_ms <<<"$line")") most+=("$(field most_ms <<<"$line")")
    note "$(field rate <<<"$line") incidents a second: p50 ${p50[-1]} ms, p99 ${p99[-1]} ms, at most ${most[-1]} ms"
  done
  figure alert.first_byte_p99_ms ms 250 250 "$(join "${p99[@]}")" - "of=commit to a webhook's first byte" \
    "rate=$rate" "incidents=$count" "p50_ms=$(join "${p50[@]}")" "most_ms=$(join "${most[@]}")"
}
