#!/usr/bin/env bash
# The manual page: has every command and option that help has, and pleases man and mandoc.
#
#   tests/cli/man_test.sh PROGRAM
set -euo pipefail
program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
page=$folder/readcount.1
"$program" man --date 2026-01-02 >"$page"

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# What a reader sees, without the overstrikes of a terminal.
warnings=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=200 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)
[ -z "$warnings" ] || fail "man warns:" "$warnings"
lint=$(mandoc -Tlint -W style "$page") || fail "mandoc complains:" "$lint"
text=$(LC_ALL=C.UTF-8 MANWIDTH=200 man -l "$page" | col -bx)

grep -q "list, sync runs and dead-letters list one for each page" <<<"$(tr -s ' \n' ' ' <<<"$text")" ||
  fail "the page does not tell what an object of --json is"

# commands PATH...: the commands that help lists there.
commands() { "$program" "$@" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z-]\+\) .*/\1/p'; }
options() { "$program" "$@" --help | grep -oE -- '^ +(-[a-z],)?--[a-z-]+' | grep -oE -- '--[a-z-]+'; }

count=0
check() {
  local option
  for option in $(options "$@"); do
    grep -qE -- "(^| |,)$option( |$|,)" <<<"$text" || fail "the page lacks $option of readcount $*"
    count=$((count + 1))
  done
  local command
  for command in $(commands "$@"); do
    [ -n "$(commands "$@" "$command")" ] || grep -qE "^ +readcount $* ?$command( |$)" <<<"$(tr -s ' ' <<<"$text")" ||
      fail "the page lacks the command $* $command"
    count=$((count + 1))
    check "$@" "$command"
  done
}
check
[ "$count" -ge 50 ] || fail "only $count options and commands were found in help"
