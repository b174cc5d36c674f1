#!/usr/bin/env bash
# The table of faults and the tests name each other: whatever README.md lists exists, and every row is there.
set -euo pipefail
cd "$(dirname "$0")"

failed=0
for row in $(seq 1 28); do
  name=$(printf 'Fault%02d' "$row")
  if ! grep -qE "^\| $row \|.*\`Fault" README.md; then
    echo "README.md has no row $row"
    failed=1
  fi
  if ! grep -rqE --include=*_test.cc "^TEST(_F|_P)?\($name" ..; then
    echo "no test is called $name"
    failed=1
  fi
done
for name in $(grep -oE '`Fault[0-9A-Za-z]+`' README.md | tr -d '`' | sort -u); do
  grep -rqE --include=*_test.cc "^TEST(_F|_P)?\($name," .. && continue
  echo "README.md names $name, which no test is called"
  failed=1
done
exit $failed
