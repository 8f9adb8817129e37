# Debian and Ubuntu packages: what is missing, asked for once, without starting a service or making a
# Postgres cluster. Sourced after common.sh.

# What each purpose needs. One list a purpose, so that every package has its reason.
BUILD_PACKAGES=(g++ libcurl4-openssl-dev libpq-dev libssl-dev pkg-config zlib1g-dev)
RUN_PACKAGES=(ca-certificates curl openssl postgresql python3)
# knot and unbound: a name server that signs its zone, and one that verifies that, for tests of DNS
# nginx-light: HTTP/2; microsocks: a proxy; python3-grpcio: a gRPC server
# chromium: looks at pages, with a font for emoji
# prometheus-alertmanager: a receiver of alerts
# the others: servers whose protocols turn to TLS (STARTTLS); python3-openssl is for pyftpdlib's TLS
TEST_PACKAGES=(python3-cryptography knot unbound nginx-light microsocks python3-grpcio
  dovecot-imapd dovecot-pop3d mariadb-server-core prosody python3-aiosmtpd python3-openssl
  python3-pyftpdlib slapd python3-venv chromium fonts-noto-color-emoji
  prometheus-alertmanager)
# Not in Debian: from PyPI into .build/python, a virtual environment that goes with the builds.
# schemathesis: attacks the API with what its document tells; openapi-spec-validator: judges the document
# playwright: drives Debian's Chromium, and brings no browser of its own; axe-playwright-python: axe-core in a package
PYTHON_PACKAGES=(schemathesis==4.32.5 openapi-spec-validator==0.9.0 oidc-provider-mock==0.3.4
  playwright==1.65.2 axe-playwright-python==0.1.8)
# What apt would also have started at the next boot, had nobody asked for it but the tests.
TEST_SERVICES=(knot unbound unbound-resolvconf nginx dovecot prosody slapd prometheus prometheus-alertmanager
  prometheus-blackbox-exporter)
# what figures are taken beside; wrk: asks for a page as fast as it is answered
BENCH_PACKAGES=(nginx-light prometheus prometheus-blackbox-exporter wrk)
# https://www.swift.org/install/linux/tarball; g++ above brings the C++ headers of the release.
SWIFT_PACKAGES=(binutils curl gnupg libedit-dev libncurses-dev libpython3-dev libsqlite3-dev
  libxml2-dev libz3-dev tzdata unzip uuid-dev zlib1g-dev)

installed() { dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

# need_packages PACKAGE...: installs those that are missing, after saying which and asking.
need_packages() {
  local missing=() p
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    die "this script installs packages with apt and runs on Debian 12 or Ubuntu only; elsewhere install these by hand: $*"
  for p in "$@"; do installed "$p" || missing+=("$p"); done
  if [ ${#missing[@]} -eq 0 ]; then
    put_back
    return 0
  fi
  say "these packages are missing and would be installed with apt: ${missing[*]}"
  note "no service is started by that, and no Postgres cluster is made"
  ask "    Install them?" || die "stopped; nothing was changed"
  [ "$EUID" -eq 0 ] || sudo -v # asks for the password here, where a person sees it
  hold_machine
  hold_services
  note_enabled
  apt_get update -q
  apt_get download "${missing[@]}"
  # postgresql-common first: its settings say whether the server's package makes a cluster
  case " ${missing[*]} " in *" postgresql "*)
    apt_get install postgresql-common
    hold_clusters
    ;;
  esac
  apt_get install "${missing[@]}"
  leave_disabled "${missing[@]}"
  release_machine
}

# need_python_packages PACKAGE...: installs those that are missing, or of another version, into .build/python.
need_python_packages() {
  local python="$ROOT/.build/python" present p missing=()
  present=" $("$python/bin/python" -m pip --disable-pip-version-check freeze 2>/dev/null | tr '\n' ' ' || true) "
  for p in "$@"; do [[ "$present" == *" $p "* ]] || missing+=("$p"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "these packages of Python are missing and would be installed into .build/python: ${missing[*]}"
  ask "    Install them?" || die "stopped; nothing was changed"
  run_step "python -m venv" "$PYTHON" -m venv "$python"
  run_step "pip install" "$python/bin/python" -m pip --disable-pip-version-check install --quiet "${missing[@]}"
}

# apt_get update|download|install [ARGUMENT...]
apt_get() {
  local what=$1 command=$1 root=() STEP_UNDO=(stop_process)
  shift
  # a function behind us would be a shell, with apt behind that
  [ "$EUID" -eq 0 ] || root=(sudo)
  case "$what" in
    download)
      command=install
      set -- -y --no-install-recommends --download-only "$@"
      ;;
    install)
      # dpkg would outlive an apt that is ended, and start services once nothing forbids it
      STEP_UNDO=(wait_for "waiting for apt to end, so that no package stays half installed")
      set -- -y --no-install-recommends "$@"
      ;;
  esac
  run_step "apt-get $what" "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=300 "$command" "$@"
}

# --- one run at a time holds back what packages would do; one that was killed leaves its marks ---

HOLD_MARK="# by Upblit's deploy scripts, while they install packages"
HOLD_LOCK= # the descriptor while this run holds the machine; a folder can be locked by everybody who can read it
hold_machine() {
  exec {HOLD_LOCK}</var/lib/dpkg
  flock -n "$HOLD_LOCK" || {
    say "another run installs packages; waiting for its end"
    flock "$HOLD_LOCK"
  }
  on_exit release_machine
}
release_machine() {
  [ -n "$HOLD_LOCK" ] || return 0
  release_clusters
  release_services
  exec {HOLD_LOCK}<&-
  HOLD_LOCK=
}
is_held() { grep -qsxF "$HOLD_MARK" "$1"; }

# put_back: takes away what a run that was killed has left, unless another run is about it.
put_back() {
  is_held "$POLICY" || is_held "$CLUSTER_SETTINGS" || return 0
  exec {HOLD_LOCK}</var/lib/dpkg
  if flock -n "$HOLD_LOCK"; then
    say "a run that was killed left its settings for apt; they are taken back"
    (release_machine) || true
    ! is_held "$POLICY" && ! is_held "$CLUSTER_SETTINGS" ||
      warn "they are still there, and need root: $POLICY or $CLUSTER_SETTINGS"
  fi
  exec {HOLD_LOCK}<&-
  HOLD_LOCK=
}

# --- apt must start no service: a policy that forbids it stands while we install ---------------

POLICY=/usr/sbin/policy-rc.d
hold_services() {
  # the machine may have a policy of its own, which stays
  [ ! -e "$POLICY" ] || is_held "$POLICY" || return 0
  printf '#!/bin/sh\n%s\nexit 101\n' "$HOLD_MARK" | as_root tee "$POLICY" >/dev/null
  as_root chmod 755 "$POLICY"
}
release_services() {
  ! is_held "$POLICY" || as_root rm -f "$POLICY"
}

# note_enabled: which of the services that tests bring somebody uses already; these stay as they are.
ENABLED_BEFORE=()
note_enabled() {
  local service
  command -v systemctl >/dev/null || return 0
  for service in "${TEST_SERVICES[@]}"; do
    ! systemctl --quiet is-enabled "$service" 2>/dev/null || ENABLED_BEFORE+=("$service")
  done
}

# leave_disabled PACKAGE...: services that came with a package just now do not start at the next boot.
leave_disabled() {
  local service package
  command -v systemctl >/dev/null || return 0
  for service in "${TEST_SERVICES[@]}"; do
    [[ " ${ENABLED_BEFORE[*]} " != *" $service "* ]] || continue
    for package in "$@"; do
      # by their first words: nginx comes with nginx-light, dovecot with dovecot-imapd
      [ "${service%%-*}" = "${package%%-*}" ] || continue
      as_root systemctl --quiet disable "$service" 2>/dev/null || true
      break
    done
  done
}

# --- nor make a main cluster ---------------------------------------------------------------------

CLUSTER_SETTINGS=/etc/postgresql-common/createcluster.conf
# Our line goes last, below the mark; a line of the machine's own that says otherwise is a comment meanwhile.
hold_clusters() {
  [ -f "$CLUSTER_SETTINGS" ] && ! is_held "$CLUSTER_SETTINGS" || return 0
  printf '%s\n' "$HOLD_MARK" 'create_main_cluster = false' | as_root tee -a "$CLUSTER_SETTINGS" >/dev/null
  as_root sed -i --follow-symlinks -e "/^$HOLD_MARK\$/,\$!s/^[[:space:]]*create_main_cluster/#held# &/" "$CLUSTER_SETTINGS"
}
release_clusters() {
  ! is_held "$CLUSTER_SETTINGS" ||
    as_root sed -i --follow-symlinks -e "/^$HOLD_MARK\$/{\$!N;d}" -e 's/^#held# //' "$CLUSTER_SETTINGS"
}
