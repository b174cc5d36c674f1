# For tests of what deploy/ starts: a state folder that nobody else uses, and at the end nothing that runs or is left. To be
# sourced with `name`, the test's; then $root, $state and the functions of deploy/lib are there.

READCOUNT_STATE=$(mktemp -d -t "readcount-$name.XXXXXX")
export READCOUNT_STATE
. "$(dirname "${BASH_SOURCE[0]}")/../../deploy/lib/common.sh"
. "$root/deploy/lib/processes.sh"
. "$root/deploy/lib/servers.sh"

finish() {
  local status=$?
  stop_all >/dev/null
  [ $status -eq 0 ] || tail -n 20 "$state"/log/*.log >&2 || true
  rm -rf "$state"
}
trap 'exit 1' INT TERM HUP
trap finish EXIT
