# What status pages cost. Sourced by deploy/bench.

# --- page.render_ms.500

bench_render() {
  wanted page.render_ms.500 || return 0
  UPBLIT_BENCH=1 run_step "build upblit-bench-pages" "$SWIFT" build -c release --product upblit-bench-pages
  local i line ours=
  say "pages: rendering one of 500 components"
  for ((i = 0; i < $(pick 2 5); i++)); do
    line="$("$ROOT/.build/release/upblit-bench-pages" 500 "$(pick 50 300)")"
    ours+="$(field p50_ms <<<"$line"),"
    note "p50 $(field p50_ms <<<"$line") ms, p99 $(field p99_ms <<<"$line") ms, $(field bytes <<<"$line") bytes"
  done
  figure page.render_ms.500 ms 50 50 "${ours%,}" - "of=CPU of one rendering, the median of many" \
    "bytes=$(field bytes <<<"$line")" "p99_ms=$(field p99_ms <<<"$line")"
}
