#!/usr/bin/env bash
# What deploy/run prints to try works as it is printed, without and with TLS and tokens, from another terminal. Starts servers
# and programs as deploy/run does, on fresh data and free ports.
#
#   tests/cli/deploy_run_test.sh FOLDER-OF-PROGRAMS
set -euo pipefail
export READCOUNT_BIN=$1
name=run
. "$(dirname "$0")/../support/private_state.sh"
. "$root/deploy/lib/programs.sh"
. "$root/deploy/lib/endpoints.sh"

# certificate NAME ADDRESS: NAME.pem and NAME.key, of an authority that is nobody's.
certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
    -addext "subjectAltName=$2" -out "$state/$1.pem" -keyout "$state/$1.key" 2>/dev/null
}

# elsewhere COMMAND: in a shell that knows nothing of this one's variables.
elsewhere() { (cd "$root" && env -i PATH="$PATH" HOME="${HOME:-/}" timeout 60 sh -c "$1" 2>&1); }

# expect WORDS COMMAND: prints WORDS; those of doctor may be warnings.
expect() {
  local said
  said=$(elsewhere "$2") || [[ $2 == *' doctor)' ]] || die "fails: $2: $said"
  [[ $said == *"$1"* ]] || die "does not say '$1': $2: $said"
  [[ $said != *$'\nproblem '* ]] || die "finds problems: $2: $said"
}

# try_all WORDS...: each line that is printed says one of these, in this order.
try_all() {
  local line lines
  mapfile -t lines < <(print_what_to_try | grep '^  ')
  [ ${#lines[@]} -eq $# ] || die "prints other lines to try than are known here: ${lines[*]}"
  for line in "${lines[@]}"; do
    [[ $line == *grpcurl* ]] && ! command -v grpcurl >/dev/null || expect "$1" "$line"
    shift
  done
  [ "$(stat --format=%a "$state/readcount.env")" = 600 ] || die "everybody may read the secrets of readcount.env"
}

start_again() {
  local name
  for name in gateway article-service sync-service; do stop $name 30; done
  start_programs
  write_endpoints
}

says=('"read_count":' '' 'read_count' 'succeeded' 'ok       mysql' 'readcount.v1.ArticleService' 'rpc RunSync')
export READCOUNT_REDIS_DSN='' READCOUNT_MYSQL_DSN=''
start_servers
load_schema
start_again
try_all "${says[@]}"

certificate services IP:127.0.0.1
certificate elsewhere DNS:readcount.example.org
(umask 077 && openssl rand -hex 32 >"$state/it's tokens")
export READCOUNT_AUTH_TOKENS_FILE="$state/it's tokens" READCOUNT_AUTH_READS=credentials
for section in ARTICLE SYNC GATEWAY; do
  export "READCOUNT_${section}_TLS_CERTIFICATE=$state/services.pem" "READCOUNT_${section}_TLS_KEY=$state/services.key"
done
export READCOUNT_GATEWAY_SERVICES_CA=$state/services.pem
start_again
try_all "${says[@]}"
[ "$(curl_command)" = "curl --cacert $state/services.pem" ] || die "the gateway's certificate is not shown to curl: $(curl_command)"

export READCOUNT_GATEWAY_TLS_CERTIFICATE=$state/elsewhere.pem READCOUNT_GATEWAY_TLS_KEY=$state/elsewhere.key
start_again
try_all "${says[@]}"
