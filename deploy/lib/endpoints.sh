# What deploy/run leaves for those who use what it started, and tells them. To be sourced after common.sh; what it tells
# needs programs.sh too.

# write_private FILE: standard input, under .run/, for this user alone, whole or not at all.
write_private() {
  local temporary
  temporary=$(mktemp "$state/$1.XXXXXX")
  cat >"$temporary"
  mv "$temporary" "$state/$1"
}

# assign NAME...: a line for each variable, for shells to read.
assign() {
  local name
  for name in "$@"; do printf "%s='%s'\n" "$name" "${!name//\'/\'\\\'\'}"; done
}

# endpoints.env has the addresses, readcount.env the settings by which the programs differ from app.yaml.
write_endpoints() {
  assign $(compgen -e READCOUNT_ | grep -vxE 'READCOUNT_(STATE|BIN|TOKEN)') | write_private readcount.env
  assign GATEWAY_URL ARTICLE_ADDR SYNC_ADDR GATEWAY_METRICS_URL ARTICLE_METRICS_URL SYNC_METRICS_URL \
    REDIS_URL REDIS_CLI MYSQL_DSN MYSQL_CLI | write_private endpoints.env
}

remove_endpoints() { rm -f "$state/endpoints.env" "$state/readcount.env"; }
have_endpoints() { [ -e "$state/endpoints.env" ]; }

print_metrics() {
  local urls="$GATEWAY_METRICS_URL $ARTICLE_METRICS_URL $SYNC_METRICS_URL"
  [ -z "${urls// /}" ] || printf 'Prometheus finds metrics at %s.\n' "$(printf '%s\n' $urls | paste -sd' ')"
}

gateway_answers() { curl -fsS -o /dev/null "$@" "$GATEWAY_URL/healthz" 2>/dev/null; }

# curl_command: curl as it accepts the gateway's certificate, which may be of an authority that this machine does not
# know, or name the gateway as others call it.
curl_command() {
  local certificate
  certificate=$(setting gateway.tls_certificate)
  if gateway_answers; then
    printf 'curl\n'
  elif gateway_answers --cacert "$certificate"; then
    printf 'curl --cacert %q\n' "$certificate"
  else
    printf 'curl -k\n'
  fi
}

# grpcurl_command: grpcurl as it accepts the services' certificates: the gateway does by the same authority.
grpcurl_command() {
  local authority certificate
  authority=$(setting gateway.services_ca)
  certificate=$(setting gateway.services_certificate)
  if [ -z "$authority" ]; then
    printf 'grpcurl -plaintext\n'
  elif [ -z "$certificate" ]; then
    printf 'grpcurl -cacert %q\n' "$authority"
  else
    printf 'grpcurl -cacert %q -cert %q -key %q\n' "$authority" "$certificate" "$(setting gateway.services_key)"
  fi
}

print_what_to_try() {
  local grpcurl readcount
  grpcurl=$(grpcurl_command)
  readcount=$(printf 'set -a; . %q; %q' "${state#"$root/"}/readcount.env" "${bin#"$root/"}/readcount")
  cat <<TEXT

readcount is up: its dashboard is at $GATEWAY_URL/. In another terminal, in
$root, try:

  $(curl_command) $GATEWAY_URL/api/article/1
  $REDIS_CLI hget article_sys:read_count:hash 1
  $MYSQL_CLI -e 'select id, read_count from articles where id = 1'
  ($readcount sync run)
  ($readcount doctor)
  $grpcurl $ARTICLE_ADDR list
  $grpcurl $SYNC_ADDR describe readcount.v1.SyncService

$(print_metrics)
By readcount.env \`readcount\` finds the programs and their servers, whatever it is to do. The addresses are in
${state#"$root/"}/endpoints.env, the logs in ${state#"$root/"}/log/.
TEXT
}
