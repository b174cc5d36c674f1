#!/usr/bin/env bash
# The completions: the scripts are sound, and bash completes by them. zsh and fish are asked too where they are there.
#
#   tests/cli/completion_test.sh PROGRAM
set -euo pipefail
program=$1
scripts=$(mktemp -d)
trap 'rm -rf "$scripts"' EXIT
for shell in bash zsh fish; do "$program" completion "$shell" >"$scripts/$shell"; done

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

. "$scripts/bash"

# completed WORD...: what bash offers for the last word, in one line.
completed() {
  COMP_WORDS=(readcount "$@") COMP_CWORD=$# COMPREPLY=()
  _readcount
  printf '%s\n' "${COMPREPLY[*]}"
}

# expect OFFERED WORD...
expect() {
  local expected=$1 offered
  shift
  offered=$(completed "$@")
  [ "$offered" = "$expected" ] || fail "readcount $*: offered is '$offered', not '$expected'"
}

expect 'view' v
expect 'sync' s
expect 'run runs' sync r
expect '--requested-by' sync run --req
expect '--json' sync run --js
expect '--json' --js
expect 'list' dead-letters l
expect 'overflow' dead-letters list --reason o
expect 'bash' completion b
expect '' list --author a
expect '--yes' dead-letters drop --y
expect '--batch --books' --json load --b
cd "$scripts"
expect 'fish' --config f
expect 'fish' audit --token-file fi

if command -v zsh >/dev/null; then
  zsh -n "$scripts/zsh"
  zsh -fc 'autoload -U compinit && compinit -D && source "$1" && [ "${_comps[readcount]}" = _readcount ]' zsh "$scripts/zsh" ||
    fail "zsh does not take the script"
fi
if command -v fish >/dev/null; then
  fish --no-config -c "source $scripts/fish; complete -C 'readcount sync r'" | grep -q '^runs' || fail "fish does not complete"
fi
