# The web server that is watched, and that breaks: site.py. Sourced after target.sh, which makes its certificate.

# site_start FOLDER: its ports are $SITE_HTTP, $SITE_HTTPS and $SITE_TCP afterwards; trouble is made in FOLDER/trouble
site_start() {
  local folder=$1 port name
  mkdir -p "$folder"
  rm -f "$folder/ports" "$folder/trouble"
  make_certificate "$folder" site
  "$PYTHON" "$ROOT/deploy/lib/site.py" "$folder" >"$folder/log" 2>&1 &
  on_exit stop_process "$!"
  await 10 test -s "$folder/ports" || die "the web server did not start: $(tail -n 1 "$folder/log")"
  while read -r name port; do declare -g "SITE_${name^^}=$port"; done <"$folder/ports"
}
