# The three programs on servers that run already or are started for them. To be sourced after servers.sh. Sets GATEWAY_URL,
# ARTICLE_ADDR, SYNC_ADDR and the addresses of their metrics.

start_servers() {
  local redis mysql
  redis=$(setting redis.dsn)
  mysql=$(setting mysql.dsn)
  if [ -n "$redis" ]; then use_redis "$redis"; else start_redis; fi
  if [ -n "$mysql" ]; then use_mysql "$mysql"; else start_mariadb; fi
  export READCOUNT_REDIS_DSN=$REDIS_URL READCOUNT_MYSQL_DSN=$MYSQL_DSN
}

# start_program NAME SECTION DEFAULT: NAME, listening where setting SECTION.listen says or at DEFAULT, its port moved on
# if it is taken, and so for its metrics. The variables that override the settings then hold the addresses for those
# who start later.
start_program() {
  local name=$1 section=$2 default=$3 address
  address=$(setting "$section.listen")
  address=${address:-$default}
  start_on_free_port "$name" "${address##*:}" start_program_on "$name" "$section" "${address%:*}"
}

# free_metrics_address ADDRESS PORT: ADDRESS with the first free port from its own on, but not PORT; nothing for nothing.
free_metrics_address() {
  local port
  [ -n "$1" ] || return 0
  port=$(free_port "${1##*:}")
  [ "$port" != "$2" ] || port=$(free_port $((port + 1)))
  printf '%s:%s\n' "${1%:*}" "$port"
}

# metrics_url ADDRESS: where to scrape it; nothing for nothing.
metrics_url() {
  [ -z "$1" ] || printf 'http://%s/metrics\n' "${1/0.0.0.0/127.0.0.1}"
}

start_program_on() {
  local name=$1 section=$2 host=$3 port=$4
  rm -f "$state/$name.address"
  export "READCOUNT_${section^^}_LISTEN=$host:$port"
  # At every try anew: it may be this port that somebody else was quicker to take.
  export "READCOUNT_${section^^}_METRICS_LISTEN=$(free_metrics_address "$(setting "$section.metrics_listen")" "$port")"
  start "$name" "$bin/$name" --config "$root/app.yaml" --announce "$state/$name.address"
  wait_for "$name" 60 test -s "$state/$name.address"
}

start_programs() {
  export READCOUNT_ARTICLE_SPOOL=${READCOUNT_ARTICLE_SPOOL:-$(setting article.spool)}
  READCOUNT_ARTICLE_SPOOL=${READCOUNT_ARTICLE_SPOOL:-$state/spool.db}
  start_program article-service article 127.0.0.1:50051
  start_program sync-service sync 127.0.0.1:50052
  ARTICLE_ADDR=$READCOUNT_ARTICLE_LISTEN SYNC_ADDR=$READCOUNT_SYNC_LISTEN
  export READCOUNT_GATEWAY_ARTICLE_SERVICE=$ARTICLE_ADDR READCOUNT_GATEWAY_SYNC_SERVICE=$SYNC_ADDR
  start_program gateway gateway 127.0.0.1:8080
  local scheme=http
  [ -z "$(setting gateway.tls_certificate)" ] || scheme=https
  GATEWAY_URL=$scheme://$(cat "$state/gateway.address")
  GATEWAY_URL=${GATEWAY_URL/0.0.0.0/127.0.0.1}
  ARTICLE_METRICS_URL=$(metrics_url "$READCOUNT_ARTICLE_METRICS_LISTEN")
  SYNC_METRICS_URL=$(metrics_url "$READCOUNT_SYNC_METRICS_LISTEN")
  GATEWAY_METRICS_URL=$(metrics_url "$READCOUNT_GATEWAY_METRICS_LISTEN")
  wait_for gateway 60 sh -c "curl -fsSk '$GATEWAY_URL/readyz' | grep -q '\"sync_service\":\"serving\"'"
}
