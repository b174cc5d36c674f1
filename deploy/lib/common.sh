# Shared by the scripts of deploy/. To be sourced; expects `set -euo pipefail`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
state=${READCOUNT_STATE:-$root/.run}  # what runs: data, logs, pids
bin=${READCOUNT_BIN:-$root/build/release/bin}

say() { printf '%s\n' "$*"; }
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# answer_help ARGUMENT...: prints what the head of the script says and ends, if one of them asks for it.
answer_help() {
  local argument
  for argument in "$@"; do
    [[ $argument =~ ^(--help|-h)$ ]] || continue
    print_usage
    exit 0
  done
}

# refuse WHY: bad usage, which is said with what the head of the script says.
refuse() {
  printf '%s: %s\n\n' "$(basename "$0")" "$*" >&2
  print_usage >&2
  exit 2
}

# print_usage: the comment at the head of the script.
print_usage() {
  printf 'deploy/%s\n\n' "$(basename "$0")"
  sed -n -e 1d -e '/^#/!q' -e 's/^# \{0,1\}//p' "$0"
}

# packages_missing FILE...: the packages of these lists that are not installed.
packages_missing() {
  local package
  while read -r package; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || printf '%s\n' "$package"
  done < <(cat "$@" | sed -e 's/#.*//' -e '/^[[:space:]]*$/d')
}

# need_packages FILE...: installs what is missing. Needs root only if something is.
need_packages() {
  local missing
  mapfile -t missing < <(packages_missing "$@")
  [ ${#missing[@]} -eq 0 ] && return
  command -v apt-get >/dev/null || die "these packages are missing, and there is no apt-get to install them: ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "run as root once, or install these packages: ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${#missing[@]} packages: ${missing[*]}"
  local log status=0
  log=$(mktemp -t readcount-apt.XXXXXX)
  keep_services_down "${as_root[@]}"
  "${as_root[@]}" apt-get update >"$log" 2>&1 || status=$?
  [ $status -ne 0 ] || "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1 || status=$?
  let_services_start "${as_root[@]}"
  [ $status -eq 0 ] && rm -f "$log" && return
  tail -n 15 "$log" >&2
  die "apt-get could not install: ${missing[*]}"
}

# need_npm: Node.js and npm, from wherever they come.
need_npm() {
  command -v npx >/dev/null || need_packages "$root/deploy/packages/npm.txt"
}

# A distribution's own Redis must not start just because its package comes in.
policy=/usr/sbin/policy-rc.d
policy_is_ours=no
keep_services_down() {
  [ -e $policy ] && return
  printf '#!/bin/sh\nexit 101\n' | "$@" tee $policy >/dev/null
  "$@" chmod 755 $policy
  policy_is_ours=yes
}
let_services_start() {
  [ $policy_is_ours = no ] || "$@" rm -f $policy
}

# tests_wanted: ON if build/release is configured with the tests, so that who builds the programs alone leaves them in.
tests_wanted() {
  grep -q READCOUNT_TESTS:BOOL=ON "$root/build/release/CMakeCache.txt" 2>/dev/null && echo ON || echo OFF
}

# build_all TESTS [OPTION...]: configures and builds into build/release; TESTS is ON or OFF, options go to CMake.
build_all() {
  mkdir -p "$root/build"
  say "building (build/release; minutes the first time, progress in build/build.log)"
  local log=$root/build/build.log
  if ! (cd "$root" && cmake --preset release -DREADCOUNT_TESTS="$1" "${@:2}" && cmake --build build/release) >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    die "the build failed; the whole log is $log"
  fi
}
