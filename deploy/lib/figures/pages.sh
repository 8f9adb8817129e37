# What status pages cost: to render one, and to hand one out again. Sourced by deploy/bench.

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

# --- page.cached_requests_vs_nginx: plain and gzip

# page_static FOLDER URL: nginx that serves the page's bytes as they are, plain and gzip; sets $PAGE_STATIC, $PAGE_NGINX
page_static() {
  local folder=$1 url=$2 port
  mkdir -p "$folder/root"
  curl -fsS -o "$folder/root/page.html" "$url"
  curl -fsS -H 'Accept-Encoding: gzip' -o "$folder/root/page.html.gz" "$url"
  gzip -t "$folder/root/page.html.gz" || die "the page does not come as gzip"
  chmod -R a+rX "$folder"
  read -r port < <(free_ports 1)
  cat >"$folder/nginx.conf" <<CONF
worker_processes 1;
daemon off;
pid $folder/pid;
error_log $folder/error.log warn;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path $folder/body; proxy_temp_path $folder/proxy; fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi; scgi_temp_path $folder/scgi;
  types { text/html html; }
  sendfile on; tcp_nopush on; open_file_cache max=100; keepalive_requests 100000000;
  server { listen 127.0.0.1:$port; root $folder/root; gzip_static on; }
}
CONF
  nginx -c "$folder/nginx.conf" -e "$folder/error.log" >"$folder/out.log" 2>&1 &
  PAGE_NGINX=$!
  on_exit stop_process "$PAGE_NGINX"
  PAGE_STATIC="http://127.0.0.1:$port/page.html"
  await 10 curl -fsS -o /dev/null "$PAGE_STATIC" || die "nginx did not start; see $folder/error.log"
}

# tree_cpu PID: CPU seconds that its tree has used
tree_cpu() { "$PYTHON" "$ROOT/deploy/baseline/tree.py" "$1" | field cpu_s; }

# page_rate PID URL CODING: requests that the server answers a CPU-second of its own, all of them with 200
page_rate() {
  local before after out
  before="$(tree_cpu "$1")"
  out="$(wrk -t 1 -c 32 -d "$(pick 3s 10s)" -H "Accept-Encoding: $3" "$2")"
  after="$(tree_cpu "$1")"
  ! grep -E 'Non-2xx|Socket errors' <<<"$out" || die "answers were lost"
  awk -v n="$(grep -oE '[0-9]+ requests in' <<<"$out" | cut -d' ' -f1)" -v a="$after" -v b="$before" \
    'BEGIN { printf "%.1f\n", n / (a - b) }'
}

bench_cached_pages() {
  wanted page.cached_requests_vs_nginx.plain || wanted page.cached_requests_vs_nginx.gzip || return 0
  stack_ready
  local page i coding ours theirs
  stack_api clear
  stack_api monitors 30 "http://127.0.0.1:9/page/%d" 60
  page="$API_URL/status/$(stack_api call GET /status-page | field slug)"
  await 30 curl -fsS -o /dev/null "$page" || die "there is no status page at $page"
  page_static "$WORK/page" "$page"
  say "pages: a cached one of 30 components, $(stat -c %s "$WORK/page/root/page.html") bytes," \
    "$(stat -c %s "$WORK/page/root/page.html.gz") as gzip, beside nginx with the same bytes"
  for coding in plain gzip; do
    wanted "page.cached_requests_vs_nginx.$coding" || continue
    ours= theirs=
    for ((i = 0; i < $(pick 1 5); i++)); do
      ours+="$(page_rate "$COLLECTOR_PID" "$page" "${coding/plain/identity}"),"
      theirs+="$(page_rate "$PAGE_NGINX" "$PAGE_STATIC" "${coding/plain/identity}"),"
    done
    note "$coding: ${ours%,} requests a CPU-second; nginx ${theirs%,}"
    figure "page.cached_requests_vs_nginx.$coding" ratio 0.25 0.25 "${ours%,}" "${theirs%,}" \
      "of=requests a CPU-second of the serving process; nginx with one worker" "connections=32"
  done
}
