# What storing results costs. Sourced by deploy/bench.

bench_ingest() {
  wanted ingest.rows_vs_copy || wanted ingest.cpu_us_per_result || return 0
  stack_ready
  compile copy_rows -lpq
  local load="$ROOT/deploy/baseline/ingest_load.py" collector="127.0.0.1:$INGRESS_PORT"
  local runs rows i got ours=() bare=() cpu=() flushes=() flush
  runs="$(pick 1 5)" rows="$(pick 200000 600000)"
  say "ingest: $runs pairs of $rows results from 10 agents, in batches of 100"
  stack_api clear
  # named, since at most ten regions vote and other figures leave agents behind
  stack_api monitors 1000 "http://127.0.0.1:9/i/%d" 60 load-{0..9}
  for i in 0 1 2 3 4 5 6 7 8 9; do stack_api token "load-$i" "load-$i" "provider-$((i % 3))" >"$WORK/load-$i.token"; done
  "$PYTHON" "$load" enrol --collector "$collector" --identities "$WORK/load.json" "$WORK"/load-?.token
  for ((i = 0; i < runs; i++)); do
    sql -c 'TRUNCATE result' -c CHECKPOINT
    got="$("$PYTHON" "$load" run --collector "$collector" --identities "$WORK/load.json" --rows "$rows" \
      --collector-pid "$COLLECTOR_PID")"
    ours+=("$(field rows_per_s <<<"$got")")
    cpu+=("$(field collector_cpu_us_per_row <<<"$got")")
    [ "$(sql -c 'SELECT count(*) FROM result')" -ge "$rows" ] || die "rows are missing that were acked"
    # the rows of one transaction share an xmin
    flush="$(sql -c 'SELECT round(count(*)::numeric / count(DISTINCT xmin::text)) FROM result')"
    flushes+=("$flush")
    sql -c "\\copy (SELECT * FROM result) TO '$WORK/rows.bin' (FORMAT binary)"
    sql -c 'TRUNCATE result' -c CHECKPOINT
    bare+=("$("$WORK/copy_rows" -d "$PG_CONNINFO" -t result -b "$flush" "$WORK/rows.bin" | field rows_per_s)")
    note "ours ${ours[-1]} rows/s (${cpu[-1]} us of the collector's CPU a row), COPY ${bare[-1]} rows/s, $flush rows a transaction"
  done
  ! wanted ingest.rows_vs_copy ||
    figure ingest.rows_vs_copy ratio 0.6 0.95 "$(join "${ours[@]}")" "$(join "${bare[@]}")" "of=rows a second" \
      "rows=$rows" "rows_a_transaction=$(join "${flushes[@]}")"
  ! wanted ingest.cpu_us_per_result ||
    figure ingest.cpu_us_per_result us 2 1 "$(join "${cpu[@]}")" - "of=user and system time of upblit-collector" "rows=$rows"
}
