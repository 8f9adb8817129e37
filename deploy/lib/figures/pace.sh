# What an agent, and the whole of Upblit, costs at a pace, and how evenly it probes. Sourced by deploy/bench.

PACE_PORT=
# pace_ready: a target that logs when it was asked, and an agent that is enrolled and does not run
pace_ready() {
  [ -z "$PACE_PORT" ] || return 0
  stack_ready
  compile probe_curl -lcurl
  compile target
  "$WORK/target" -l "$WORK/target.log" >"$WORK/target.port" &
  on_exit stop_process "$!"
  await 5 test -s "$WORK/target.port"
  PACE_PORT="$(cat "$WORK/target.port")"
  agent_enrol bench bench-1 bench
}

# seen SECONDS PREFIX: the jitter of the paths that begin so, over the log's next SECONDS
seen() {
  local begun
  begun="$(date +%s.%N)"
  sleep "$1"
  grep -F " /$2/" "$WORK/target.log" >"$WORK/target.$2.log" || true
  "$PYTHON" "$ROOT/deploy/baseline/jitter.py" "$WORK/target.$2.log" 10 "$begun"
}

# take_up COUNT PREFIX INTERVAL_S SECONDS: the agent's monitors are so many of the target's paths that begin so, and
# it has them on disk, since it has probed each; it does not run
take_up() {
  local from
  stack_api clear
  agent_start bench
  from="$(stat -c %s "$WORK/target.log")"
  stack_api monitors "$1" "http://127.0.0.1:$PACE_PORT/$2/%d" "$3"
  await "$4" probed "$1" "$2" "$from" || die "the agent did not take up its $1 monitors"
  agent_stop bench
}
# probed COUNT PREFIX FROM: whether so many paths were asked for since that place of the log
probed() { [ "$(tail -c "+$(($3 + 1))" "$WORK/target.log" | grep -F " /$2/" | cut -d' ' -f2 | sort -u | wc -l)" -ge "$1" ]; }

agent_mb() { awk '/^VmRSS/ { printf "%.2f", $2 / 1024 }' "/proc/${AGENT_PID[bench]}/status"; }

# --- agent.jitter_p99_vs_libcurl, agent.rss_mb.1000

bench_jitter() {
  wanted agent.jitter_p99_vs_libcurl || wanted agent.rss_mb.1000 || return 0
  pace_ready
  local pairs seconds settle=15 i pid rss=() ours=() bare=()
  pairs="$(pick 1 5)" seconds="$(pick 25 45)"
  say "1,000 monitors every 10 s: $pairs pairs of $((seconds + settle)) s each"
  take_up 1000 a 10 60
  # from here on the agent runs from its stored assignment, alone, as bare libcurl does
  stop_process "$COLLECTOR_PID"
  for ((i = 0; i < pairs; i++)); do
    agent_start bench
    sleep "$settle"
    ours+=("$(seen "$seconds" a | tee -a "$WORK/jitter.ours" | field p99_ms)")
    rss+=("$(agent_mb)")
    agent_stop bench
    "$WORK/probe_curl" -u "http://127.0.0.1:$PACE_PORT/c/%d" -m 1000 -i 10000 -n 100000000 >/dev/null &
    pid=$!
    on_exit stop_process "$pid"
    sleep "$settle"
    bare+=("$(seen "$seconds" c | tee -a "$WORK/jitter.bare" | field p99_ms)")
    stop_process "$pid"
    note "p99: ours ${ours[-1]} ms, libcurl ${bare[-1]} ms; memory ${rss[-1]} MB"
  done
  ! wanted agent.jitter_p99_vs_libcurl ||
    figure agent.jitter_p99_vs_libcurl ratio 2 2 "$(join "${ours[@]}")" "$(join "${bare[@]}")" "of=ms, p99 of |gap - interval|" \
      "missed=$(field missed <"$WORK/jitter.ours")" "p50_ms=$(field p50_ms <"$WORK/jitter.ours")" \
      "drift_ppm=$(field drift_ppm <"$WORK/jitter.ours")" "their_drift_ppm=$(field drift_ppm <"$WORK/jitter.bare")"
  ! wanted agent.rss_mb.1000 || figure agent.rss_mb.1000 MB 30 30 "$(join "${rss[@]}")" - "of=VmRSS of upblit-agent run"
  collector_start
}

# --- agent.rss_mb.10, agent.rss_mb.10000

# memory_figure COUNT AIM INTERVAL: each run a fresh process, until every monitor was probed, and 15 s more
memory_figure() {
  local count=$1 aim=$2 interval=$3 rss=() i
  wanted "agent.rss_mb.$count" || return 0
  pace_ready
  say "memory with $count monitors every $interval s"
  take_up "$count" "m$count" "$interval" 240
  for ((i = 0; i < $(pick 1 3); i++)); do
    agent_start bench
    sleep "$((interval + 15))"
    rss+=("$(agent_mb)")
    agent_stop bench
    note "${rss[-1]} MB"
  done
  figure "agent.rss_mb.$count" MB "$aim" "$aim" "$(join "${rss[@]}")" - "of=VmRSS of upblit-agent run" "interval_s=$interval"
}

bench_memory() {
  memory_figure 10 30 10
  memory_figure 10000 100 60
}

# --- agent.hostile_shift_ms

# 1,000 good monitors and 60 of servers that waste a prober's time, first while these don't run and refuse
bench_hostile() {
  wanted agent.hostile_shift_ms || return 0
  pace_ready
  local port how seconds settle=20 runs i pid with=() without=()
  seconds="$(pick 25 45)" runs="$(pick 1 3)"
  say "1,000 monitors every 10 s, beside 60 hostile ones: $runs pairs of $((seconds + settle)) s each"
  read -r port < <(free_ports 1)
  take_up 1000 a 10 60
  agent_start bench
  for how in flood drip headers silent close lie; do stack_api monitors 10 "http://127.0.0.1:$port/$how/%d" 10; done
  sleep 5
  agent_stop bench
  # alone on its stored assignment, so that nobody asks for more than it says
  stop_process "$COLLECTOR_PID"
  for ((i = 0; i < runs; i++)); do
    agent_start bench
    sleep "$settle"
    without+=("$(seen "$seconds" a | field max_ms)")
    "$PYTHON" "$ROOT/deploy/baseline/hostile.py" "$port" >"$WORK/hostile.log" 2>&1 &
    pid=$!
    on_exit stop_process "$pid"
    sleep "$settle"
    with+=("$(seen "$seconds" a | tee -a "$WORK/jitter.hostile" | field max_ms)")
    agent_stop bench
    stop_process "$pid"
    note "largest deviation: ${with[-1]} ms, without them ${without[-1]} ms"
  done
  [ -s "$WORK/hostile.log" ] || die "nobody asked the hostile servers"
  figure agent.hostile_shift_ms ms 100 100 "$(join "${with[@]}")" "$(join "${without[@]}")" \
    "of=ms, largest |gap - interval| of the good monitors" "missed=$(field missed <"$WORK/jitter.hostile")"
  collector_start
}

# --- stack.cpu_vs_prometheus

# window SECONDS PREFIX PID...: CPU of each of these trees in that time, in us a request that the target saw
window() {
  local seconds=$1 prefix=$2 count i cpu=() used=()
  shift 2
  count="$(grep -cF " /$prefix/" "$WORK/target.log" || true)"
  for i in "$@"; do cpu+=("$(tree_cpu "$i")"); done
  sleep "$seconds"
  for i in "$@"; do used+=("$(tree_cpu "$i")"); done
  count="$(($(grep -cF " /$prefix/" "$WORK/target.log" || true) - count))"
  for i in "${!cpu[@]}"; do quotient "${used[i]}" "${cpu[i]}" "$count"; echo; done
}

# total VALUE...: their sum
total() { printf '%s\n' "$@" | awk '{ sum += $1 } END { printf "%.2f", sum }'; }

# at_rest: whether for 40 s no monitor was looked at, and nothing of what decides was vacuumed. An agent that comes back
# after a pause has 1,000 monitors looked at anew, again half a minute and a minute later, and Postgres tidy up after
# that: the bench's doing, and no part of the pace
at_rest() {
  local before
  before="$(decisions)"
  sleep 40
  [ "$(decisions)" = "$before" ]
}
# decisions: a word that changes with each decision, and with each vacuum of what holds them
decisions() {
  sql -c "SELECT sum(n_tup_upd) FILTER (WHERE relname = 'quorum_state'), sum(autovacuum_count + autoanalyze_count)
    FROM pg_stat_user_tables WHERE relname ~ '^(quorum|monitor_due|vote|verdict|event|probe)'"
}

# agent, collector and Postgres against Prometheus and blackbox_exporter
bench_stack() {
  wanted stack.cpu_vs_prometheus || return 0
  pace_ready
  local pairs seconds settle=25 i postgres parts ours=() theirs=() our_parts=() our_mb their_mb
  pairs="$(pick 1 3)" seconds="$(pick 30 60)"
  say "the whole of it, 1,000 monitors every 10 s: $pairs pairs of $((seconds + settle)) s each"
  take_up 1000 a 10 60
  postgres="$(as_postgres head -n 1 "$PG_FOLDER/postmaster.pid")"
  for ((i = 0; i < pairs; i++)); do
    agent_start bench
    sleep "$settle"
    await 400 at_rest || die "decisions did not come to rest"
    mapfile -t parts < <(window "$seconds" a "${AGENT_PID[bench]}" "$COLLECTOR_PID" "$postgres")
    ours+=("$(total "${parts[@]}")")
    our_parts+=("$(printf '%s+%s+%s' "${parts[@]}")")
    our_mb="$(tree_mb "${AGENT_PID[bench]}" "$COLLECTOR_PID" "$postgres")"
    agent_stop bench
    blackbox_start
    prometheus_start 1000 "http://127.0.0.1:$PACE_PORT/p/" 10
    sleep "$settle"
    mapfile -t parts < <(window "$seconds" p "$BLACKBOX_PID" "$PROMETHEUS_PID")
    theirs+=("$(total "${parts[@]}")")
    their_mb="$(tree_mb "$BLACKBOX_PID" "$PROMETHEUS_PID")"
    prometheus_stop
    blackbox_stop
    note "ours ${our_parts[-1]}, blackbox_exporter with Prometheus ${parts[0]}+${parts[1]} us of CPU a probe; memory $our_mb and $their_mb MB"
  done
  figure stack.cpu_vs_prometheus ratio 0.2 0.2 "$(join "${ours[@]}")" "$(join "${theirs[@]}")" "of=us of CPU a probe" \
    "agent_collector_postgres=$(join "${our_parts[@]}")" "our_memory_mb=$our_mb" "their_memory_mb=$their_mb"
}
