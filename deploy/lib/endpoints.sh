# What deploy/run leaves for those who use what it started, and tells them. To be sourced after common.sh; what it tells
# needs programs.sh too.

# write_private FILE: standard input, under .run/, for this user alone, whole or not at all.
write_private() {
  local temporary
  temporary=$(mktemp "$state/$1.XXXXXX")
  cat >"$temporary"
  mv "$temporary" "$state/$1"
}

# assign NAME...: a line for each variable, for shells, and for `readcount` as it reads such files.
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

print_what_to_try() {
  cat <<TEXT

readcount is up: its dashboard is at $GATEWAY_URL/. In another terminal, in
$root, try:

  curl $GATEWAY_URL/api/article/1
  $REDIS_CLI hget article_sys:read_count:hash 1
  $MYSQL_CLI -e 'select id, read_count from articles where id = 1'
  grpcurl -plaintext $SYNC_ADDR readcount.v1.SyncService/RunSync
  grpcurl -plaintext $ARTICLE_ADDR list
  (set -a; . ${state#"$root/"}/readcount.env; ${bin#"$root/"}/readcount doctor)

$(print_metrics)
The last line is how \`readcount\` finds the programs and their servers, whatever it is to do. These addresses are in
${state#"$root/"}/endpoints.env, the logs in ${state#"$root/"}/log/.
TEXT
}
