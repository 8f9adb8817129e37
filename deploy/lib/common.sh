# Words, questions, clean-up and progress for the scripts of this folder. Sourced, never run.
#
# A script sources this file first; it turns on strict mode, moves to the repository's root (so that
# every script works from any folder) and makes one private folder for logs.

set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$ROOT"
STARTED=$SECONDS
ASSUME_YES=${ASSUME_YES:-}
# Debian's own interpreter, which sees the libraries that apt installs; another one may come first on PATH.
PYTHON=/usr/bin/python3

say() { printf '==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# ask QUESTION: true for yes. -y, or no terminal to ask on, answers yes.
ask() {
  [ -z "$ASSUME_YES" ] && [ -t 0 ] && [ -t 1 ] || return 0
  local answer
  read -r -p "$1 [Y/n] " answer
  case "$answer" in '' | [Yy]*) return 0 ;; *) return 1 ;; esac
}

# as_root COMMAND...: runs it as root, through sudo if need be.
as_root() {
  if [ "$EUID" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this step needs root and there is no sudo; as root run: $*"
  fi
}

# --- what is undone on the way out, last first ------------------------------------------------

UNDO=()
# on_exit COMMAND [ARGUMENT...]: remembers a command to run when the script ends, however it ends.
on_exit() { UNDO+=("$(printf '%q ' "$@")"); }
undo_all() {
  local status=$? i
  trap - EXIT
  trap '' INT TERM
  for ((i = ${#UNDO[@]} - 1; i >= 0; i--)); do eval "${UNDO[$i]}" || true; done
  UNDO=()
  exit "$status"
}
trap undo_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# is_running PID: whether it is a child that this very shell (a subshell has its own) started and that still runs.
# Once a child has ended, its number may be anybody's.
is_running() { [[ $'\n'"$(jobs -pr)"$'\n' == *$'\n'"$1"$'\n'* ]]; }

# stop_process PID [SECONDS]: asks a child of ours to end and waits for it; KILL after SECONDS (15). What may not be
# signalled, since it runs as root, is waited for.
stop_process() {
  local pid=$1 i
  is_running "$pid" || return 0
  kill "$pid" 2>/dev/null || true
  for ((i = 0; i < ${2:-15} * 10; i++)); do
    is_running "$pid" || break
    sleep 0.1
  done
  ! is_running "$pid" || kill -9 "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
}

# wait_for PID WORDS: waits for a child of ours that is better not ended half-way.
wait_for() {
  is_running "$1" || return 0
  say "$2"
  wait "$1" || true
}

# await SECONDS COMMAND...: true as soon as the command is; false when the time is over.
await() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

# free_ports N: N different TCP ports of 127.0.0.1 that nobody listens on just now, on one line.
free_ports() {
  "$PYTHON" - "$1" <<'PY'
import socket, sys
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(s.getsockname()[1] for s in held))
PY
}

# --- long steps -------------------------------------------------------------------------------

LOGS=
# logs: the folder for this run's logs, made at the first use.
logs() {
  [ -n "$LOGS" ] || LOGS="$(mktemp -d "${TMPDIR:-/tmp}/upblit-logs.XXXXXX")"
}

clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

# run_step NAME COMMAND...: runs a long command with its output in a log, shows how far it is (the
# "[12/345]" that swift build prints, and the time), and on failure shows the log's errors and end. Where the script
# ends meanwhile, the command is ended too, or what $STEP_UNDO says happens, with its PID.
STEP_UNDO=(stop_process)
run_step() {
  local name=$1 begun=$SECONDS shown='' said=$SECONDS pid status=0 log at
  shift
  logs
  log="$LOGS/${name//[^A-Za-z0-9]/-}.log"
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  on_exit "${STEP_UNDO[0]}" "$pid" "${STEP_UNDO[@]:1}"
  while is_running "$pid"; do
    at="$(tail -c 2000 "$log" 2>/dev/null | tr '\r' '\n' | grep -oE '^\[[0-9]+/[0-9]+\]' | tail -n 1 || true)"
    if [ -t 1 ]; then
      printf '\r    %s %s %s ' "$name" "$(clock $((SECONDS - begun)))" "$at"
    elif [ $((SECONDS - said)) -ge 30 ] && [ "$at" != "$shown" ]; then
      note "$name $(clock $((SECONDS - begun))) $at"
      shown=$at said=$SECONDS
    fi
    sleep 0.5
  done
  wait "$pid" || status=$?
  unset 'UNDO[-1]'
  [ -t 1 ] && printf '\r\033[K'
  if [ "$status" -ne 0 ]; then
    printf '    %s failed after %s (exit %d)\n' "$name" "$(clock $((SECONDS - begun)))" "$status"
    # the lines that say why, then the end of the log
    grep -aE '(error|warning): |✘|recorded an issue|Expectation failed' "$log" | sort -u | head -n 40 >&2 || true
    tail -n 25 "$log" >&2
    note "the whole log: $log"
    return "$status"
  fi
  note "$name done in $(clock $((SECONDS - begun)))"
}
