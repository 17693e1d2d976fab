# shellcheck shell=bash
# What every script here needs: messages, folders, locks, and the programs that a machine has to have.

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }

# die MESSAGE...: one clear message, exit 1.
die() {
  warn "dev/$(basename "$0"): $*"
  exit 1
}

# usage_error MESSAGE...: what was typed is wrong; exit 2, as everywhere.
usage_error() {
  warn "dev/$(basename "$0"): $* (see --help)"
  exit 2
}

repository="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/scanwarden"

# seconds_since SECONDS_AT_START: "4 s" or "3 min 20 s".
seconds_since() {
  local elapsed=$((SECONDS - $1))
  if ((elapsed < 60)); then printf '%d s' "$elapsed"; else printf '%d min %d s' $((elapsed / 60)) $((elapsed % 60)); fi
}

# lock FILE [WAITING_MESSAGE]: holds FILE until this process ends or unlock. Programs that outlive the script are
# started with descriptor 9 closed. Where there is no flock (macOS), a folder does, with its owner's pid inside.
lock() {
  local file="$1" message="${2:-}"
  mkdir -p "$(dirname "$file")"
  if command -v flock >/dev/null; then
    until [[ $file -ef /dev/fd/9 ]]; do # once more if it was removed by its last holder
      exec 9>"$file"
      flock -n 9 && continue
      [[ -z $message ]] || say "$message"
      flock 9
    done
    return
  fi
  local owner
  until mkdir "$file.d" 2>/dev/null; do
    owner="$(cat "$file.d/pid" 2>/dev/null || true)"
    if [[ -n $owner ]] && ! kill -0 "$owner" 2>/dev/null; then
      rm -rf "$file.d"
      continue
    fi
    [[ -z $message ]] || say "$message"
    message=""
    sleep 0.5
  done
  echo $$ >"$file.d/pid"
  held_lock="$file.d"
}

unlock() {
  if command -v flock >/dev/null; then exec 9>&-; elif [[ -n ${held_lock:-} ]]; then rm -rf "$held_lock"; held_lock=""; fi
}

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -c 1-16
}

# at_least WANTED ACTUAL: compares version numbers such as 1.26.0.
at_least() {
  local -a wanted actual
  IFS=. read -r -a wanted <<<"$1"
  IFS=. read -r -a actual <<<"$2"
  local i
  for i in 0 1 2; do
    local w="${wanted[i]:-0}" a="${actual[i]:-0}"
    a="${a%%[!0-9]*}"
    if ((${a:-0} != w)); then ((${a:-0} > w)); return; fi
  done
}

java_wanted=25

java_release() { # JAVA_PROGRAM: its feature release, such as 25
  "$1" -version 2>&1 | sed -n 's/^.* version "\([0-9]*\).*/\1/p' | head -n 1
}

# find_java: prints the path of a `java` of the wanted release or newer. Looks at JAVA_HOME, at the PATH, and where
# Linux distributions, SDKMAN and macOS install JDKs.
find_java() {
  local -a candidates=()
  local candidate release
  [[ -z ${JAVA_HOME:-} ]] || candidates+=("$JAVA_HOME/bin/java")
  candidate="$(command -v java || true)"
  [[ -z $candidate ]] || candidates+=("$candidate")
  candidates+=(/usr/lib/jvm/*/bin/java "$HOME"/.sdkman/candidates/java/*/bin/java
    /Library/Java/JavaVirtualMachines/*/Contents/Home/bin/java)
  for candidate in "${candidates[@]}"; do
    [[ -x $candidate ]] || continue
    release="$(java_release "$candidate")"
    if ((${release:-0} >= java_wanted)); then
      printf '%s\n' "$candidate"
      return
    fi
  done
  die "no JDK $java_wanted or newer was found. Install one (for instance from https://adoptium.net) and, if it is in an" \
    "unusual place, set JAVA_HOME to it."
}

require_maven() {
  command -v mvn >/dev/null || die "Maven was not found: install Maven 3.8 or newer (https://maven.apache.org)."
}

# require_go: the go command, new enough for dev/tools. One that may fetch a newer toolchain by itself does so.
require_go() {
  local wanted actual
  wanted="$(sed -n 's/^go \([0-9.]*\)$/\1/p' "$repository"/dev/tools/*/go.mod | sort -t. -k1,1n -k2,2n -k3,3n | tail -n 1)"
  local hint="Install Go $wanted or newer (https://go.dev/dl); the local control plane is built with it."
  command -v go >/dev/null || die "Go was not found. $hint"
  actual="$(cd "$repository/dev/tools/kwok" && go env GOVERSION 2>/dev/null || true)"
  actual="${actual#go}"
  [[ -n $actual ]] || actual="$(go version | sed -n 's/.*go\([0-9][0-9.]*\).*/\1/p')"
  at_least "$wanted" "${actual:-0}" || die "Go ${actual:-} is too old. $hint"
}
