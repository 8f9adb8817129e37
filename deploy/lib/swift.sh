# The Swift tool chain: found, or installed from swift.org with its signature checked. Sourced after
# packages.sh. Afterwards $SWIFT is the command to use (set it beforehand to choose another).

SWIFT_RELEASE=6.3.1
SWIFT_LEAST=6.2
# The Swift 6.x release signing key; the archive must carry its signature, wherever the key came from.
SWIFT_KEY=52BB7E3DE28A71BE22EC05FFEF80A866B47A981F
SWIFT_HOME="${XDG_DATA_HOME:-${HOME:-/root}/.local/share}/swift-$SWIFT_RELEASE"

# swift_suits COMMAND: true if it is a Swift of at least $SWIFT_LEAST.
swift_suits() {
  local have
  command -v "$1" >/dev/null || return 1
  have="$("$1" --version 2>/dev/null | grep -oE 'Swift version [0-9.]+' | head -n 1 | cut -d' ' -f3)"
  [ -n "$have" ] && [ "$(printf '%s\n' "$SWIFT_LEAST" "$have" | sort -V | head -n 1)" = "$SWIFT_LEAST" ]
}

# find_swift: sets $SWIFT to the first tool chain that suits.
find_swift() {
  local candidate
  for candidate in "${SWIFT:-}" swift "$SWIFT_HOME/usr/bin/swift" \
    "${HOME:-/root}/.local/share/swiftly/bin/swift"; do
    if [ -n "$candidate" ] && swift_suits "$candidate"; then
      SWIFT=$candidate
      return 0
    fi
  done
  return 1
}

need_swift() {
  find_swift && return 0
  # one that is there and does not even run lacks its libraries, which are packages
  if command -v swift >/dev/null && ! swift --version >/dev/null 2>&1; then
    need_packages "${SWIFT_PACKAGES[@]}"
    find_swift && return 0
  fi
  install_swift
  SWIFT="$SWIFT_HOME/usr/bin/swift"
  swift_suits "$SWIFT" || die "the tool chain in $SWIFT_HOME does not run; try: $SWIFT --version"
}

# swift_platform: the name under which swift.org keeps builds for this system, as "folder file".
swift_platform() {
  local suffix='' name
  case "$(dpkg --print-architecture)" in
    amd64) ;;
    arm64) suffix=-aarch64 ;;
    *) return 1 ;;
  esac
  name="$(. /etc/os-release && printf '%s%s' "$ID" "${VERSION_ID:-}")"
  case "$name" in
    debian12 | ubuntu22.04 | ubuntu24.04) printf '%s %s' "${name//./}$suffix" "$name$suffix" ;;
    *) return 1 ;;
  esac
}

# install_swift: the way of https://www.swift.org/install/linux/tarball, into a folder of the user's own.
install_swift() {
  local platform folder file url work signed
  platform="$(swift_platform)" ||
    die "no Swift $SWIFT_LEAST or later was found, and swift.org has no archive for this system; install one and run this again"
  folder=${platform% *} file="swift-$SWIFT_RELEASE-RELEASE-${platform#* }.tar.gz"
  url="https://download.swift.org/swift-$SWIFT_RELEASE-release/$folder/swift-$SWIFT_RELEASE-RELEASE/$file"
  say "Swift $SWIFT_LEAST or later is missing. Swift $SWIFT_RELEASE would be installed from swift.org:"
  note "$url (about 1 GB)"
  note "into $SWIFT_HOME (about 3 GB; nothing else on the machine changes)"
  ask "    Install it?" || die "stopped; Swift was not installed"
  need_packages "${SWIFT_PACKAGES[@]}"
  work="$(mktemp -d "${TMPDIR:-/var/tmp}/upblit-swift.XXXXXX")"
  on_exit rm -rf "$work"
  run_step "download Swift" curl -fsSL --retry 3 -o "$work/$file" "$url" -o "$work/$file.sig" "$url.sig" ||
    die "Swift could not be downloaded; is this machine on the network?"
  curl -fsSL --retry 3 -o "$work/keys.asc" https://www.swift.org/keys/all-keys.asc
  mkdir -m 700 "$work/gnupg"
  gpg --homedir "$work/gnupg" --batch --quiet --import "$work/keys.asc" 2>/dev/null || true
  signed="$(gpg --homedir "$work/gnupg" --batch --status-fd 1 --verify "$work/$file.sig" "$work/$file" 2>/dev/null || true)"
  grep -q "^\[GNUPG:\] VALIDSIG .*$SWIFT_KEY" <<<"$signed" ||
    die "the archive's signature is not by the Swift release key $SWIFT_KEY; nothing was installed"
  note "signature by $SWIFT_KEY verified"
  # what was unpacked half-way is never taken for a tool chain
  rm -rf "$SWIFT_HOME.partial"
  mkdir -p "$SWIFT_HOME.partial"
  on_exit rm -rf "$SWIFT_HOME.partial"
  run_step "unpack Swift" tar -xzf "$work/$file" -C "$SWIFT_HOME.partial" --strip-components=1
  rm -rf "$SWIFT_HOME"
  mv "$SWIFT_HOME.partial" "$SWIFT_HOME"
  rm -rf "$work"
}
