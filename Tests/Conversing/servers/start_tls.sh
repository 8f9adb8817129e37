#!/bin/sh
# Real servers that turn to TLS in their own words, on ports of 127.0.0.1, from settings of their own.
# They run until the standard input ends; then they and the folder go.
#
# usage: start_tls.sh FOLDER [PROTOCOL PORT PLAIN]...
#
# FOLDER holds cert.pem and key.pem, and takes all that the servers write. Each protocol has two servers:
# one with TLS at PORT and one without at PLAIN. As root they run as the user nobody, who may not read the
# place that this file is in.

folder=$1
shift
if [ "$(id -u)" = 0 ]; then
  cp "$(dirname "$0")"/* "$folder"
  chown -R nobody "$folder"
  exec runuser -u nobody -- /bin/sh "$folder/start_tls.sh" "$folder" "$@"
fi
[ -e "$folder/start_tls.sh" ] || cp "$(dirname "$0")"/* "$folder"
cd "$folder" || exit 1
exec >keeper.log 2>&1
chmod 700 .
chmod 600 key.pem
cat cert.pem key.pem >both.pem
pids=
# keep PROGRAM...: starts one, without the standard input, which is this shell's own.
keep() {
  "$@" </dev/null &
  pids="$pids $!"
}

# Each gets a port, and "tls" or "plain".

serve_smtp() { keep /usr/bin/python3 mail_and_files.py smtp "$1" "$2"; }

serve_ftp() { keep /usr/bin/python3 mail_and_files.py ftp "$1" "$2"; }

serve_imap() { serve_dovecot imap "$@"; }

serve_pop3() { serve_dovecot pop3 "$@"; }

serve_dovecot() {
  ssl=no
  [ "$3" = plain ] || ssl=yes
  mkdir "run-$2"
  cat >"$2.conf" <<TEXT
base_dir = $folder/run-$2
state_dir = $folder/run-$2
log_path = $folder/$2.log
protocols = $1
listen = 127.0.0.1
default_internal_user = $(id -un)
default_internal_group = $(id -gn)
default_login_user = $(id -un)
ssl = $ssl
ssl_cert = <$folder/cert.pem
ssl_key = <$folder/key.pem
service $1-login {
  chroot =
  inet_listener $1 {
    port = $2
  }
  inet_listener ${1}s {
    port = 0
  }
}
passdb {
  driver = static
  args = nopassword=y
}
userdb {
  driver = static
  args = home=$folder
}
TEXT
  keep dovecot -F -c "$2.conf"
}

# A copy runs, since on some hosts AppArmor lets the installed program read nothing but its own folders.
serve_ldap() {
  mkdir "data-$1"
  cat >"$1.conf" <<TEXT
include /etc/ldap/schema/core.schema
database ldif
suffix "dc=test"
directory $folder/data-$1
TEXT
  [ "$2" = plain ] || cat - "$1.conf" >"$1.tls" <<TEXT
TLSCertificateFile $folder/cert.pem
TLSCertificateKeyFile $folder/key.pem
TEXT
  [ "$2" = plain ] || mv "$1.tls" "$1.conf"
  [ -e slapd ] || cp /usr/sbin/slapd slapd
  keep ./slapd -d 0 -f "$1.conf" -h "ldap://127.0.0.1:$1"
}

# Without its own tables it needs no installing, and lets everybody in.
serve_mysql() {
  mkdir "data-$1"
  tls=--skip-ssl
  [ "$2" = plain ] || tls="--ssl-cert=$folder/cert.pem --ssl-key=$folder/key.pem"
  # shellcheck disable=SC2086
  keep mariadbd --no-defaults --datadir="$folder/data-$1" --skip-grant-tables --skip-innodb \
    --default-storage-engine=Aria --bind-address=127.0.0.1 --port="$1" \
    --socket="$folder/data-$1/socket" --pid-file="$folder/data-$1/pid" $tls
}

serve_xmpp() {
  mkdir "data-$1"
  modules='"saslauth"'
  [ "$2" = plain ] || modules='"saslauth", "tls"'
  cat >"$1.lua" <<TEXT
pidfile = "$folder/$1.pid"
data_path = "$folder/data-$1"
certificates = "$folder"
interfaces = { "127.0.0.1" }
c2s_ports = { $1 }
modules_enabled = { $modules }
modules_disabled = { "s2s" }
ssl = { certificate = "$folder/cert.pem", key = "$folder/key.pem" }
log = { warn = "*console" }
VirtualHost "localhost"
TEXT
  keep prosody -F --config "$folder/$1.lua"
}

while [ $# -ge 3 ]; do
  "serve_$1" "$2" tls
  "serve_$1" "$3" plain
  shift 3
done
# What ends the tests by a signal to them all leaves this to tidy up.
trap '' INT TERM HUP
read -r _
# shellcheck disable=SC2086
kill $pids
wait
rm -rf "$folder"
