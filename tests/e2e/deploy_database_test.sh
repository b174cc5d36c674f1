#!/usr/bin/env bash
# The private MariaDB of deploy/run comes up although the making of its directory failed, or was killed, before.
set -euo pipefail
name=database
. "$(dirname "$0")/../support/private_state.sh"

# ends_half_way HOW: an install_mariadb whose tool makes the system's tables and then ends as HOW says.
ends_half_way() {
  mkdir -p "$state/bin"
  printf '#!/bin/sh\nfor option; do case $option in --datadir=*) mkdir -p "${option#*=}/mysql" ;; esac; done\n%s\n' \
    "$1" >"$state/bin/mariadb-install-db"
  chmod +x "$state/bin/mariadb-install-db"
  (PATH=$state/bin:$PATH install_mariadb) >/dev/null 2>&1 && die "an installation that ended by '$1' passed for a good one"
  return 0
}

ends_half_way 'exit 1'
ends_half_way 'kill -KILL $$'
start_mariadb >/dev/null || die "MariaDB does not start on a directory that was half made before"
[ ! -e "$state/mysql.half" ] || die "the half-made directory is still there"
