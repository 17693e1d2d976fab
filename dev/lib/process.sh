# shellcheck shell=bash
# Starting, recognising and ending the processes of one cluster. Uses $state, the cluster's folder.

# birth PID: something that only this very process has, so that a recycled pid is never mistaken for it.
birth() {
  if [[ -r /proc/$1/stat ]]; then
    sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20 || true
  else
    ps -o lstart= -p "$1" 2>/dev/null | tr -s ' ' '_' || true
  fi
}

# runs COMPONENT: whether the process that was recorded for it is there.
runs() {
  local pid recorded
  [[ -r $state/run/$1.pid ]] || return 1
  read -r pid recorded <"$state/run/$1.pid" || return 1
  # A zombie (its parent has not fetched its end yet) runs no more.
  [[ ! -r /proc/$pid/stat ]] || [[ $(sed 's/^.*) //' "/proc/$pid/stat" 2>/dev/null | cut -c 1) != Z ]] || return 1
  [[ -n $recorded && $(birth "$pid") == "$recorded" ]]
}

pid_of() { cut -d ' ' -f 1 "$state/run/$1.pid" 2>/dev/null || true; }

port_of() { cat "$state/run/$1.port" 2>/dev/null || true; }

# launch COMPONENT PROGRAM ARGUMENTS...: in the background, in a session of its own where that is possible, so that it
# outlives the shell and holds none of its descriptors.
launch() {
  local component="$1"
  shift
  # One log for each start, so that what it says is of this process. The one before is kept.
  local log="$state/logs/$component.log"
  [[ ! -s $log ]] || mv "$log" "$state/logs/$component.previous.log"
  local -a detach=(nohup)
  ! command -v setsid >/dev/null || detach=(setsid nohup)
  "${detach[@]}" "$@" </dev/null >"$log" 2>&1 9>&- &
  local pid=$!
  disown "$pid" 2>/dev/null || true
  printf '%s %s\n' "$pid" "$(birth "$pid")" >"$state/run/$component.pid"
}

# end SIGNAL SECONDS COMPONENT: asks by SIGNAL, kills after SECONDS. Only ever the recorded process itself.
end() {
  local signal="$1" patience="$2" component="$3" pid ticks=0
  if runs "$component"; then
    pid="$(pid_of "$component")"
    kill "-$signal" "$pid" 2>/dev/null || true
    while runs "$component"; do
      if ((ticks++ == patience * 20)); then kill -KILL "$pid" 2>/dev/null || true; fi
      sleep 0.05
    done
  fi
  rm -f "$state/run/$component.pid"
}

# assign_port COMPONENT: one cluster at a time, so that no two choose the same.
assign_port() (
  if command -v flock >/dev/null; then
    exec 8>"$clusters/.ports.lock"
    flock 8
  fi
  port="$(free_port)"
  echo "$port" >"$state/run/$1.port"
)

# free_port: a port of 127.0.0.1 that nobody listens on and no other cluster has. Below the range from which the kernel
# takes ports for outgoing connections, or one of those could have it when a component comes back after a restart.
free_port() {
  local first=32768 low port try
  [[ ! -r /proc/sys/net/ipv4/ip_local_port_range ]] || read -r first _ </proc/sys/net/ipv4/ip_local_port_range
  ((first > 12000)) || first=32768
  low=$((first - 10000))
  for ((try = 0; try < 200; try++)); do
    port=$((low + RANDOM % 10000))
    ! grep -qsx "$port" "$clusters"/*/run/*.port || continue
    # Refused is free. The subshell closes the connection again.
    (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || {
      printf '%s' "$port"
      return
    }
  done
  die "found no free port below $first"
}
