# The target of the agent's CPU figures: nginx with one worker and a 64-byte body, over http and over https
# with a certificate of a CA of its own. Sourced after common.sh.
#
# After target_start FOLDER: $TARGET_HTTP and $TARGET_HTTPS are its addresses, $TARGET_CA the CA bundle that a
# real prober would load: the system's, with our CA behind it.

TARGET_HTTP= TARGET_HTTPS= TARGET_CA=

# make_certificate FOLDER NAME: FOLDER/NAME.crt and .key for localhost, signed by FOLDER/ca.pem (made if missing).
make_certificate() {
  local folder=$1 name=$2
  local key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
  (
    cd "$folder"
    [ -s ca.pem ] || openssl req -x509 "${key[@]}" -days 30 -keyout ca.key -out ca.pem -subj "/CN=upblit test CA"
    openssl req "${key[@]}" -keyout "$name.key" -out "$name.csr" -subj "/CN=localhost"
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' >"$name.ext"
    openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
      -extfile "$name.ext" -out "$name.crt"
    cat /etc/ssl/certs/ca-certificates.crt ca.pem >bundle.pem
  ) >"$folder/openssl.log" 2>&1 || die "openssl made no certificate; see $folder/openssl.log"
}

target_start() {
  local folder=$1 http https pid
  mkdir -p "$folder"
  read -r http https < <(free_ports 2)
  make_certificate "$folder" server
  cat >"$folder/nginx.conf" <<CONF
worker_processes 1;
daemon off;
pid $folder/pid;
error_log $folder/error.log warn;
worker_rlimit_nofile 65536;
events { worker_connections 30000; }
http {
  access_log off;
  client_body_temp_path $folder/body; proxy_temp_path $folder/proxy; fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi; scgi_temp_path $folder/scgi;
  ssl_certificate $folder/server.crt; ssl_certificate_key $folder/server.key;
  ssl_protocols TLSv1.2 TLSv1.3;
  default_type text/plain;
  server {
    listen 127.0.0.1:$http backlog=4096;
    listen 127.0.0.1:$https ssl backlog=4096;
    location / { return 200 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n"; }
  }
}
CONF
  nginx -c "$folder/nginx.conf" -e "$folder/error.log" >"$folder/out.log" 2>&1 &
  pid=$!
  on_exit stop_process "$pid"
  TARGET_HTTP="http://127.0.0.1:$http" TARGET_HTTPS="https://127.0.0.1:$https" TARGET_CA="$folder/bundle.pem"
  await 10 curl -fsS -o /dev/null "$TARGET_HTTP/" || die "nginx did not start; see $folder/error.log"
}
