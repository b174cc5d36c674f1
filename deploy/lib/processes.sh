# Background processes that a script started, each known by its pid and the moment it began, so that a pid that
# the system gave to somebody else is never signalled. To be sourced after common.sh.

pids=$state/pids

# began PID: when it began, in clock ticks since boot; nothing if it is gone or a zombie.
began() {
  [ -r "/proc/$1/stat" ] || return 0
  sed -e 's/^.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'
}

# start NAME COMMAND...: runs a command in a session of its own, so that Ctrl-C reaches only the script; its
# output goes to .run/log/NAME.log.
start() {
  local name=$1
  shift
  mkdir -p "$pids" "$state/log"
  setsid "$@" >>"$state/log/$name.log" 2>&1 </dev/null &
  printf '%s %s\n' $! "$(began $!)" >"$pids/$name"
}

# pid_of NAME: the pid of a process that `start` began, if it still runs.
pid_of() {
  local pid when
  [ -r "$pids/$1" ] || return 0
  read -r pid when <"$pids/$1" || return 0
  [ -n "$when" ] && [ "$(began "$pid")" = "$when" ] && printf '%s\n' "$pid"
  return 0
}

runs() { [ -n "$(pid_of "$1")" ]; }

# stop NAME SECONDS: asks it to end, ends it after so many seconds.
stop() {
  local pid waited=0
  pid=$(pid_of "$1")
  if [ -n "$pid" ]; then
    kill -TERM "$pid" 2>/dev/null || true
    while runs "$1" && [ $waited -lt $(($2 * 10)) ]; do
      sleep 0.1
      waited=$((waited + 1))
    done
    if runs "$1"; then
      say "$1 did not end in $2 s: ending it"
      kill -KILL "$pid" 2>/dev/null || true
    fi
  fi
  rm -f "$pids/$1"
}

# stop_all: everything, in the order in which nothing is lost: those who ask before those who answer.
stop_all() {
  local name
  for name in gateway article-service sync-service redis-server mariadbd; do stop "$name" 30; done
}

# wait_for NAME SECONDS COMMAND...: until the command succeeds; shows the log's end if the process dies.
wait_for() {
  local name=$1 left=$(($2 * 10))
  shift 2
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    if ! runs "$name" || [ $left -le 0 ]; then
      tail -n 15 "$state/log/$name.log" >&2 || true
      say "$name did not come up; its whole log is $state/log/$name.log" >&2
      return 1
    fi
    sleep 0.1
  done
}

# free_port FIRST: the first port from FIRST on that nobody listens on, on loopback.
free_port() {
  local port=$1
  while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
  printf '%s\n' "$port"
}

# start_on_free_port NAME FIRST COMMAND...: runs `COMMAND... PORT`, which starts NAME and waits for it, with the first
# free port from FIRST on; with the next one if somebody else was quicker to take it.
start_on_free_port() {
  local name=$1 port=$2 tries=5
  shift 2
  while :; do
    port=$(free_port "$port")
    mkdir -p "$state/log"
    [ ! -e "$state/log/$name.log" ] || mv "$state/log/$name.log" "$state/log/$name.log.1"
    "$@" "$port" && return
    tries=$((tries - 1))
    if [ $tries -eq 0 ] || ! grep -qiE 'already in use|address is in use' "$state/log/$name.log"; then
      return 1
    fi
    say "somebody else took port $port: trying the next"
    port=$((port + 1))
  done
}
