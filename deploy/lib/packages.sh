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
  [ ${#missing[@]} -gt 0 ] || return 0
  say "these packages are missing and would be installed with apt: ${missing[*]}"
  note "no service is started by that, and no Postgres cluster is made"
  ask "    Install them?" || die "stopped; nothing was changed"
  [ "$EUID" -eq 0 ] || sudo -v # asks for the password here, where a person sees it
  hold_services
  note_enabled
  apt_get update -q
  # postgresql-common first: its settings say whether the server's package makes a cluster
  case " ${missing[*]} " in *" postgresql "*)
    apt_get install postgresql-common
    hold_clusters
    ;;
  esac
  apt_get install "${missing[@]}"
  leave_disabled "${missing[@]}"
  release_clusters
  release_services
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

apt_get() {
  local what=$1
  shift
  [ "$what" = update ] || set -- -y --no-install-recommends "$@"
  run_step "apt-get $what" as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=300 "$what" "$@"
}

# --- apt must start no service: a policy that forbids it stands while we install ---------------

POLICY=/usr/sbin/policy-rc.d
POLICY_IS_OURS=
hold_services() {
  [ ! -e "$POLICY" ] || return 0 # the machine has a policy of its own; it stays
  POLICY_IS_OURS=yes
  on_exit release_services
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$POLICY" >/dev/null
  as_root chmod 755 "$POLICY"
}
release_services() {
  [ -n "$POLICY_IS_OURS" ] || return 0
  as_root rm -f "$POLICY"
  POLICY_IS_OURS=
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
CLUSTER_SETTINGS_KEPT=
hold_clusters() {
  [ -f "$CLUSTER_SETTINGS" ] || return 0
  CLUSTER_SETTINGS_KEPT="$(mktemp)"
  cp "$CLUSTER_SETTINGS" "$CLUSTER_SETTINGS_KEPT"
  on_exit release_clusters
  { grep -vE '^[[:space:]]*#?[[:space:]]*create_main_cluster' "$CLUSTER_SETTINGS_KEPT" || true
    echo 'create_main_cluster = false'
  } | as_root tee "$CLUSTER_SETTINGS" >/dev/null
}
release_clusters() {
  [ -n "$CLUSTER_SETTINGS_KEPT" ] || return 0
  # written through the file, so that its owner and mode stay as they were
  as_root tee "$CLUSTER_SETTINGS" <"$CLUSTER_SETTINGS_KEPT" >/dev/null
  rm -f "$CLUSTER_SETTINGS_KEPT"
  CLUSTER_SETTINGS_KEPT=
}
