# shellcheck shell=bash
# Builds the control plane's programs from the Go module proxy, each set once per version, into the user's cache.

# Each set is a Go module of its own in dev/tools, since their dependencies differ. A line: program, Go package.
programs_of() {
  case "$1" in
    etcd) echo "etcd go.etcd.io/etcd/server/v3" ;;
    kwok) echo "kwok sigs.k8s.io/kwok/cmd/kwok" ;;
    kubernetes)
      local program
      for program in kube-apiserver kube-controller-manager kube-scheduler kubectl; do
        echo "$program k8s.io/kubernetes/cmd/$program"
      done
      ;;
  esac
}

# version_of SET: as its go.mod requires it.
version_of() {
  local module
  case "$1" in
    etcd) module="go.etcd.io/etcd/server/v3" ;;
    kwok) module="sigs.k8s.io/kwok" ;;
    kubernetes) module="k8s.io/kubernetes" ;;
  esac
  sed -n "s|^\(require\)\{0,1\}[[:space:]]*$module \(v[^ ]*\).*|\2|p" "$repository/dev/tools/$1/go.mod" | head -n 1
}

# Programs built from modules do not know their version unless told; Kubernetes' clients and servers compare theirs.
ldflags_of() {
  local flags="-s -w"
  if [[ $1 == kubernetes ]]; then
    local version package
    version="$(version_of kubernetes)"
    local minor="${version#v*.}"
    for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
      flags+=" -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=${minor%%.*}"
      flags+=" -X $package.gitTreeState=clean -X $package.gitCommit="
    done
  fi
  printf '%s' "$flags"
}

# bin_of SET: the folder of its programs; its name changes with whatever changes the programs.
bin_of() {
  local module="$repository/dev/tools/$1" key
  key="$({ cat "$module/go.mod" "$module/go.sum"; ldflags_of "$1"; uname -sm; } | sha256)"
  printf '%s/bin/%s-%s-%s' "$cache" "$1" "$(version_of "$1")" "$key"
}

# build: all sets, those that are missing. Says nothing where nothing is to be done.
build() {
  local set
  for set in etcd kwok kubernetes; do
    [[ -d $(bin_of "$set") ]] || build_set "$set"
  done
}

build_set() {
  local set="$1" target log begin=$SECONDS
  require_go
  target="$(bin_of "$set")"
  log="$cache/logs/build-$set.log"
  mkdir -p "$cache/bin" "$cache/logs"
  lock "$target.lock" "Another build of $set is under way; waiting for it."
  if [[ -d $target ]]; then
    unlock
    return
  fi
  local hint=""
  [[ $set != kubernetes ]] || hint=" (the first build takes about 5 to 10 minutes on two cores)"
  say "Building $set $(version_of "$set") into $target$hint"
  # Moved in place when all of it is there. What a killed build left behind is of no use: Go has a cache of its own.
  build_folder="$target.building"
  rm -rf "$build_folder"
  mkdir -p "$build_folder"
  : >"$log"
  local program package
  while read -r program package; do
    build_program "$set" "$program" "$package" "$build_folder" "$log"
  done < <(programs_of "$set")
  mv "$build_folder" "$target"
  build_folder=""
  unlock
  say "Built $set in $(seconds_since "$begin")"
}

build_program() {
  local set="$1" program="$2" package="$3" folder="$4" log="$5" begin=$SECONDS
  say "  $program ..."
  # The developer's own GOFLAGS and workspace must not change what is built, nor the go.mod and go.sum that pin it.
  (
    cd "$repository/dev/tools/$set"
    exec env CGO_ENABLED=0 GOWORK=off GOFLAGS=-mod=readonly \
      go build -trimpath -buildvcs=false -ldflags "$(ldflags_of "$set")" -o "$folder/$program" "$package"
  ) >>"$log" 2>&1 </dev/null &
  build_pid=$!
  local ticks=0
  while kill -0 "$build_pid" 2>/dev/null; do
    sleep 0.5
    if ((++ticks % 30 == 0)); then say "  $program: still building, $(seconds_since "$begin")"; fi
  done
  if ! wait "$build_pid"; then
    build_pid=""
    rm -rf "$folder"
    warn "$(tail -n 5 "$log")"
    die "building $program failed. It needs access to the Go module proxy (go env GOPROXY), about 3 GB of disk and 2 GB" \
      "of memory. The whole log: $log"
  fi
  build_pid=""
  say "  $program: $(seconds_since "$begin")"
}

# abandon_build: for the exit trap; an interrupted build leaves nothing behind.
abandon_build() {
  [[ -z ${build_pid:-} ]] || kill "$build_pid" 2>/dev/null || true
  [[ -z ${build_folder:-} ]] || rm -rf "$build_folder"
}
