# What a probe costs the prober, flat out. Sourced by deploy/bench.

# probe_figure NAME AIM LATER URL PROBES [CA]: flat out, 50 in flight, ours and bare libcurl in turn
probe_figure() {
  local name=$1 aim=$2 later=$3 url=$4 probes=$5 ca=${6:-} ours=() bare=() i
  local theirs=(-u "$url/t/%d" -n "$probes" -c 50)
  [ -z "$ca" ] || theirs+=(-s "$ca")
  say "$name: $RUNS pairs of $probes probes"
  for ((i = 0; i < RUNS; i++)); do
    bare+=("$("$WORK/probe_curl" "${theirs[@]}" | field cpu_us_per_probe)")
    ours+=("$(our_probes "$url" "$probes" "$ca")")
    note "ours ${ours[-1]}, libcurl ${bare[-1]} us of CPU a probe"
  done
  figure "$name" ratio "$aim" "$later" "$(join "${ours[@]}")" "$(join "${bare[@]}")" "of=us of CPU a probe" "probes=$probes"
}

# our_probes URL PROBES [CA]: prints our CPU of one probe, in us
our_probes() {
  local options=(--url "$1/t/%d" --count "$2" --concurrency 50)
  [ -z "${3:-}" ] || options+=(--ca "$3")
  "$BIN/upblit-bench-probe" "${options[@]}" | field cpu_us_per_probe
}

# blackbox_figure NAME AIM LATER URL PROBES [CA]: ours and blackbox_exporter's in turn, which has one core and is
# asked 50 at once over kept connections; bare libcurl's runs with them, to tell where the floor is
blackbox_figure() {
  local name=$1 aim=$2 later=$3 url=$4 probes=$5 ca=${6:-} ours=() theirs=() bare=() i before
  local floor=(-u "$url/t/%d" -n "$probes" -c 50)
  [ -z "$ca" ] || floor+=(-s "$ca")
  say "$name: $RUNS pairs of $probes probes"
  blackbox_start GOMAXPROCS=1
  curl -fsS "$BLACKBOX_URL/probe?module=http&target=$url/t/0" | grep -qx 'probe_success 1' ||
    die "blackbox_exporter cannot probe $url"
  for ((i = 0; i < RUNS; i++)); do
    before="$(tree_cpu "$BLACKBOX_PID")"
    "$WORK/probe_curl" -k -u "$BLACKBOX_URL/probe?module=http&target=$url/t/%d" -n "$probes" -c 50 >/dev/null
    theirs+=("$(quotient "$(tree_cpu "$BLACKBOX_PID")" "$before" "$probes")")
    ours+=("$(our_probes "$url" "$probes" "$ca")")
    bare+=("$("$WORK/probe_curl" "${floor[@]}" | field cpu_us_per_probe)")
    note "ours ${ours[-1]}, blackbox_exporter ${theirs[-1]}, libcurl ${bare[-1]} us of CPU a probe"
  done
  blackbox_stop
  figure "$name" ratio "$aim" "$later" "$(join "${ours[@]}")" "$(join "${theirs[@]}")" "of=us of CPU a probe" \
    "probes=$probes" "libcurl_runs=$(join "${bare[@]}")"
}

bench_probes() {
  wanted agent.http.cpu_vs_libcurl || wanted agent.https.cpu_vs_libcurl ||
    wanted agent.http.cpu_vs_blackbox || wanted agent.https.cpu_vs_blackbox || return 0
  UPBLIT_BENCH=1 build_programs release
  compile probe_curl -lcurl
  target_start "$WORK/web"
  local RUNS http https
  RUNS="$(pick 3 21)" http=10000 https=1000
  ! wanted agent.http.cpu_vs_libcurl ||
    probe_figure agent.http.cpu_vs_libcurl 1.15 1.15 "$TARGET_HTTP" "$http"
  ! wanted agent.https.cpu_vs_libcurl ||
    probe_figure agent.https.cpu_vs_libcurl 1.05 1.05 "$TARGET_HTTPS" "$https" "$TARGET_CA"
  ! wanted agent.http.cpu_vs_blackbox ||
    blackbox_figure agent.http.cpu_vs_blackbox 0.1 0.1 "$TARGET_HTTP" "$http"
  ! wanted agent.https.cpu_vs_blackbox ||
    blackbox_figure agent.https.cpu_vs_blackbox 1 1 "$TARGET_HTTPS" "$https" "$TARGET_CA"
}
