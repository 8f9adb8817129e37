# The peer that figures are taken beside: Prometheus with blackbox_exporter, as Debian has them. Sourced
# after common.sh and target.sh.

BLACKBOX_PID= BLACKBOX_URL= PROMETHEUS_PID=

# blackbox_start [NAME=VALUE...]: the exporter, with one module `http`, and that environment
blackbox_start() {
  local port
  read -r port < <(free_ports 1)
  cat >"$WORK/blackbox.yml" <<'CONF'
modules:
  http: { prober: http, timeout: 5s, http: { preferred_ip_protocol: ip4 } }
CONF
  env SSL_CERT_FILE="${TARGET_CA:-/etc/ssl/certs/ca-certificates.crt}" "$@" prometheus-blackbox-exporter \
    --config.file="$WORK/blackbox.yml" --web.listen-address="127.0.0.1:$port" --log.level=error \
    >"$WORK/blackbox.log" 2>&1 &
  BLACKBOX_PID=$! BLACKBOX_URL="http://127.0.0.1:$port"
  on_exit stop_process "$BLACKBOX_PID"
  await 10 curl -fsS -o /dev/null "$BLACKBOX_URL/" || die "blackbox_exporter did not start; see $WORK/blackbox.log"
}
blackbox_stop() { stop_process "$BLACKBOX_PID"; }

# prometheus_start COUNT URL INTERVAL_S: COUNT targets by the exporter; the number of one goes behind URL
prometheus_start() {
  local port i
  read -r port < <(free_ports 1)
  rm -rf "$WORK/prometheus"
  mkdir "$WORK/prometheus"
  {
    cat <<CONF
global: { scrape_interval: ${3}s, scrape_timeout: 5s }
scrape_configs:
  - job_name: probes
    metrics_path: /probe
    params: { module: [http] }
    relabel_configs:
      - { source_labels: [__address__], target_label: __param_target }
      - { source_labels: [__param_target], target_label: instance }
      - { target_label: __address__, replacement: '${BLACKBOX_URL#http://}' }
    static_configs:
      - targets:
CONF
    for ((i = 0; i < $1; i++)); do printf '          - %s%d\n' "$2" "$i"; done
  } >"$WORK/prometheus.yml"
  prometheus --config.file="$WORK/prometheus.yml" --storage.tsdb.path="$WORK/prometheus" --log.level=error \
    --web.listen-address="127.0.0.1:$port" >"$WORK/prometheus.log" 2>&1 &
  PROMETHEUS_PID=$!
  on_exit stop_process "$PROMETHEUS_PID"
  await 20 curl -fsS -o /dev/null "http://127.0.0.1:$port/-/ready" || die "Prometheus did not start; see $WORK/prometheus.log"
}
prometheus_stop() { stop_process "$PROMETHEUS_PID"; }

# tree_cpu PID..., tree_mb PID...: CPU seconds and memory of the trees of these processes
tree_cpu() { "$PYTHON" "$ROOT/deploy/baseline/tree.py" "$@" | field cpu_s; }
tree_mb() { "$PYTHON" "$ROOT/deploy/baseline/tree.py" "$@" | field memory_mb; }
# quotient AFTER BEFORE COUNT: microseconds each, of seconds in all
quotient() { awk -v a="$1" -v b="$2" -v n="$3" 'BEGIN { printf "%.2f", (a - b) * 1e6 / (n ? n : 1) }'; }
