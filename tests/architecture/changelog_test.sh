#!/usr/bin/env bash
# changelog_test.sh VERSION: the newest entry of CHANGELOG.md is about the version that is built, and has a date.
set -euo pipefail
cd "$(dirname "$0")/../.."

newest=$(grep -m 1 '^## ' CHANGELOG.md)
[[ $newest =~ ^'## ['"$1"'] - '[0-9]{4}-[0-9]{2}-[0-9]{2}$ ]] || {
  printf 'CHANGELOG.md begins with "%s", CMakeLists.txt builds %s: write "## [%s] - YYYY-MM-DD" and what users see change\n' \
    "$newest" "$1" "$1"
  exit 1
}
