#!/usr/bin/env bash
# The scripts of deploy/ say what they do when they are asked for help, and do nothing for an argument that they do not know.
set -euo pipefail
cd "$(dirname "$0")/../../deploy"

READCOUNT_STATE=$(mktemp -d)
export READCOUNT_STATE
trap 'rm -rf "$READCOUNT_STATE"' EXIT

fail() {
  printf '%s\n' "$@"
  exit 1
}

# status_of COMMAND...: its exit status; what it prints is in the files out and err.
status_of() {
  local status=0
  timeout 20 "$@" >"$READCOUNT_STATE/out" 2>"$READCOUNT_STATE/err" </dev/null || status=$?
  printf '%s\n' $status
}

scripts=$(find . -maxdepth 1 -type f -executable -printf '%f\n' | sort)
[ "$(wc -w <<<"$scripts")" -ge 7 ] || fail "deploy/ has only the scripts $scripts"
for script in $scripts; do
  about=$(sed -n '2s/^# //p' "$script")
  for option in --help -h; do
    [ "$(status_of "./$script" $option)" = 0 ] || fail "deploy/$script $option fails"
    grep -qF "$about" "$READCOUNT_STATE/out" || fail "deploy/$script $option does not print \"$about\""
  done
done
for script in run stop package faults check; do
  [ "$(status_of "./$script" --unknown)" = 2 ] || fail "deploy/$script does not refuse --unknown with status 2"
  grep -q -- '--unknown' "$READCOUNT_STATE/err" || fail "deploy/$script does not say that it refuses --unknown"
  grep -qF "$(sed -n '2s/^# //p' "$script")" "$READCOUNT_STATE/err" || fail "deploy/$script does not say what it takes"
  [ ! -s "$READCOUNT_STATE/out" ] || fail "deploy/$script --unknown does something: $(cat "$READCOUNT_STATE/out")"
done
