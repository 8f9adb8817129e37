# What the API adds to the SQL of a page, and what exports take of the collector's memory. Sourced by deploy/bench.

# api_rows TOTAL: so many results of the 1,000 monitors are stored, spread over the last two days
api_rows() {
  local have total=$1 step
  have="$(sql -c 'SELECT count(*) FROM result')"
  step=$((total > 1000000 ? 1000000 : total))
  while [ "$have" -lt "$total" ]; do
    sql -c "INSERT INTO result (monitor_key, started_at, stream_key, sequence, organization_id, agent_key, total_us,
        dns_us, connect_us, first_byte_us, record_index, outcome, status)
      SELECT m.key, now() - interval '2 days' + n * 172800.0 / $((total / 1000)) * interval '1 second', 1, n,
        m.organization_id, a.key, 12000 + n % 997, 900, 3000, 9000, 0, CASE WHEN n % 500 = 0 THEN 2 ELSE 0 END, 200
      FROM generate_series($((have / 1000)), $(((have + step) / 1000 - 1))) AS n CROSS JOIN monitor m
        JOIN agent a ON a.name = 'api-' || n % 3
      WHERE m.deleted_at IS NULL"
    have=$((have + step))
  done
  sql -c 'ANALYZE' -c CHECKPOINT
}

# api_data: 1,000 monitors with a verdict each, and 10,000 incidents that are over
api_data() {
  stack_api clear
  stack_api monitors 1000 "http://127.0.0.1:9/api/%d" 60 api-0 api-1 api-2
  sql -c 'TRUNCATE result' \
    -c "INSERT INTO agent (id, name, region, provider, hostname, software, root_sealed)
        SELECT gen_random_uuid(), 'api-' || n, 'api-' || n, 'bench', 'bench', 'bench', '' FROM generate_series(0, 2) AS n
        WHERE NOT EXISTS (SELECT FROM agent WHERE name = 'api-' || n)" \
    -c "INSERT INTO verdict (monitor_key, organization_id, epoch, started_at, decided_at, verdict, policy, tally, votes)
        SELECT key, organization_id, epoch, now() - n * interval '1 hour', now() - n * interval '1 hour',
          CASE WHEN n % 2 = 0 THEN 'down' ELSE 'up' END, '{\"kind\": \"majority\"}', '{}', '[]'
        FROM monitor, generate_series(20, 1, -1) AS n WHERE deleted_at IS NULL" \
    -c "INSERT INTO incident (organization_id, monitor_key, opening_verdict, closing_verdict, started_at, decided_at,
          ended_at, recovered_at, severity)
        SELECT organization_id, monitor_key, id, id + 1, started_at, started_at, started_at + interval '1 hour',
          started_at + interval '1 hour', 'down'
        FROM verdict WHERE verdict = 'down' AND policy = '{\"kind\": \"majority\"}' AND tally = '{}'" >/dev/null
  cat >"$WORK/monitors.sql" <<'SQL'
SELECT m.id, m.name, m.kind, m.target, m."check", m.interval_s, m.timeout_ms, m.regions, m.paused, m.created_at,
  m.updated_at, v.verdict, v.started_at
FROM monitor m LEFT JOIN LATERAL (
  SELECT verdict, started_at FROM verdict WHERE monitor_key = m.key ORDER BY id DESC LIMIT 1) v ON true
WHERE m.organization_id = ORGANIZATION AND m.deleted_at IS NULL ORDER BY m.key LIMIT 50
SQL
  cat >"$WORK/incidents.sql" <<'SQL'
SELECT i.id, m.id, m.name, m.target, i.severity, i.started_at, i.decided_at, i.ended_at, i.recovered_at,
  i.opening_verdict, i.closing_verdict, i.marks
FROM incident i JOIN monitor m ON m.key = i.monitor_key
WHERE i.organization_id = ORGANIZATION ORDER BY i.started_at DESC, i.id DESC LIMIT 50
SQL
  sed -i "s/ORGANIZATION/$(sql -c 'SELECT organization_id FROM monitor WHERE deleted_at IS NULL LIMIT 1')/" \
    "$WORK/monitors.sql" "$WORK/incidents.sql"
}

# api_pairs LIST: a JSON line of pairs of its first page
api_pairs() {
  "$WORK/list_pages" -d "$PG_CONNINFO" -q "$WORK/$1.sql" -u "$API_URL/api/v1/$1?limit=50" -k "$STACK/api.key" \
    -n "$(pick 200 1000)"
}

# --- api.monitors_p50_over_sql_ms, .monitors_p99, .incidents_p50, api.export_rss_mb

bench_api() {
  wanted api.monitors_p50_over_sql_ms || wanted api.monitors_p99_over_sql_ms || wanted api.incidents_p50_over_sql_ms ||
    wanted api.export_rss_mb || return 0
  stack_ready
  compile list_pages -lpq -lcurl
  local rows runs i list kind line
  local -A over=() bare=() whole=() few=()
  rows="$(pick 1000000 10000000)" runs="$(pick 2 5)"
  say "the API: pages of 50 of 1,000 monitors and of their incidents, with 10,000 and with $rows results stored"
  api_data
  api_rows 10000
  for list in monitors incidents; do
    for ((i = 0; i < runs; i++)); do few[$list]+="$(api_pairs "$list" | field api_p50_ms),"; done
  done
  sql -c 'TRUNCATE result'
  api_rows "$rows"
  for ((i = 0; i < runs; i++)); do
    for list in monitors incidents; do
      line="$(api_pairs "$list")"
      for kind in p50 p99; do
        over[$list.$kind]+="$(field "over_${kind}_ms" <<<"$line"),"
        bare[$list.$kind]+="$(field "sql_${kind}_ms" <<<"$line"),"
        whole[$list.$kind]+="$(field "api_${kind}_ms" <<<"$line"),"
      done
      note "$list: API p50 $(field api_p50_ms <<<"$line") ms, p99 $(field api_p99_ms <<<"$line") ms;" \
        "SQL p50 $(field sql_p50_ms <<<"$line") ms"
    done
  done
  for list in monitors.p50 monitors.p99 incidents.p50; do
    wanted "api.${list/./_}_over_sql_ms" || continue
    figure "api.${list/./_}_over_sql_ms" ms 3 3 "${over[$list]%,}" "${bare[$list]%,}" "of=API less SQL, a page of 50" \
      "api_ms=${whole[$list]%,}" "results=$rows" "api_p50_ms_with_10000_results=${few[${list%.*}]%,}"
  done
  bench_exports "$rows"
}

# bench_exports ROWS: the collector's memory while 100 read all results slowly
bench_exports() {
  wanted api.export_rss_mb || return 0
  local i before most=0 mb readers=() key
  say "the API: 100 exports at once of $1 results"
  for i in 0 1 2 3; do
    [ -s "$WORK/export-$i.key" ] ||
      "$BIN/upblit-collector" create-admin --config "$STACK/collector.conf" --name "export-$i" >"$WORK/export-$i.key"
  done
  before="$(tree_mb "$COLLECTOR_PID")"
  for ((i = 0; i < 100; i++)); do
    key="$(cat "$WORK/export-$((i % 4)).key")"
    curl -fsS --limit-rate 500k -H "Authorization: Bearer $key" -o /dev/null "$API_URL/api/v1/results.csv" &
    readers+=($!)
    on_exit stop_process "$!"
  done
  for ((i = 0; i < $(pick 15 40); i++)); do
    sleep 1
    mb="$(tree_mb "$COLLECTOR_PID")"
    most="$(printf '%s\n' "$most" "$mb" | sort -g | tail -n 1)"
  done
  for i in "${readers[@]}"; do is_running "$i" || die "an export ended early"; done
  for i in "${readers[@]}"; do stop_process "$i"; done
  note "memory $before MB before, at most $most MB meanwhile"
  figure api.export_rss_mb MB 256 256 "$most" "$before" "of=VmRSS of upblit-collector serve; before it" "exports=100" \
    "results=$1"
}
