# The private Redis and MariaDB, or the user's own. To be sourced after processes.sh. Sets REDIS_URL, REDIS_CLI,
# MYSQL_DSN and MYSQL_CLI.

# setting KEY: the effective value in app.yaml and the environment.
setting() { "$bin/article-service" --config "$root/app.yaml" --get "$1" --secrets; }

start_redis() {
  mkdir -p "$state/redis"
  start_on_free_port redis-server 6379 start_redis_on
}

start_redis_on() {
  local port=$1
  start redis-server redis-server --bind 127.0.0.1 --port "$port" --dir "$state/redis" --appendonly yes \
    --appendfsync everysec --maxmemory-policy noeviction --save ''
  REDIS_URL=redis://127.0.0.1:$port/0
  REDIS_CLI="redis-cli -h 127.0.0.1 -p $port"
  wait_for redis-server 60 sh -c "$REDIS_CLI ping | grep -q PONG"
}

# A MariaDB that starts removes the temporary tables it finds, those of others too: in a common directory, such as
# /tmp, it would break an installation under way.
mariadb_tmp=$state/mysql.tmp

# The directory gets its name when it is whole: one that was left half made is made anew.
install_mariadb() {
  local half=$state/mysql.half
  [ -e "$state/mysql/mysql" ] && return
  say "making a database directory (.run/mysql)"
  rm -rf "$state/mysql" "$half"
  mkdir -p "$half" "$mariadb_tmp" "$state/log"
  TMPDIR=$mariadb_tmp mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$half" --skip-test-db \
    --auth-root-authentication-method=normal >"$state/log/mariadb-install-db.log" 2>&1 ||
    die "mariadb-install-db failed; its log is $state/log/mariadb-install-db.log"
  mv "$half" "$state/mysql"
}

start_mariadb() {
  install_mariadb
  mkdir -p "$mariadb_tmp"
  start_on_free_port mariadbd 3306 start_mariadb_on
}

start_mariadb_on() {
  local port=$1 socket=$state/mariadbd.sock
  # A unix socket's path has at most 107 bytes.
  [ ${#socket} -le 107 ] || socket=/tmp/readcount-$(id -u)-$port.sock
  start mariadbd "$(command -v mariadbd || echo /usr/sbin/mariadbd)" --no-defaults --user="$(id -un)" --datadir="$state/mysql" --bind-address=127.0.0.1 \
    --port="$port" --socket="$socket" --pid-file="$state/mariadbd.pid" --tmpdir="$mariadb_tmp" \
    --character-set-server=utf8mb4 --innodb-flush-log-at-trx-commit=1 --skip-log-bin
  MYSQL_DSN=mysql://root@127.0.0.1:$port/article_sys
  MYSQL_CLI="mariadb --no-defaults -h 127.0.0.1 -P $port -u root article_sys"
  wait_for mariadbd 120 mariadb --no-defaults -h 127.0.0.1 -P "$port" -u root -e 'select 1'
}

percent_decode() { printf '%b' "${1//%/\\x}"; }

# use_redis DSN: the user's own server. The password goes to a file, not to a command line.
use_redis() {
  local url=$1
  REDIS_URL=$url
  if [[ $url =~ ^unix://(:([^@]*)@)?(/[^?]*)(\?db=([0-9]+))?$ ]]; then
    REDIS_CLI="redis-cli -s ${BASH_REMATCH[3]} -n ${BASH_REMATCH[5]:-0}"
    write_redis_password "${BASH_REMATCH[2]}"
  elif [[ $url =~ ^redis://(([^:@]*):([^@]*)@)?([^:/]+)(:([0-9]+))?(/([0-9]+))?$ ]]; then
    REDIS_CLI="redis-cli -h ${BASH_REMATCH[4]} -p ${BASH_REMATCH[6]:-6379} -n ${BASH_REMATCH[8]:-0}"
    [ -z "${BASH_REMATCH[2]}" ] || REDIS_CLI+=" --user ${BASH_REMATCH[2]}"
    write_redis_password "${BASH_REMATCH[3]}"
  else
    REDIS_CLI="redis-cli -u $url"
  fi
}

write_redis_password() {
  [ -n "$1" ] || return 0
  (umask 077 && percent_decode "$1" >"$state/redis.password")
  REDIS_CLI="env REDISCLI_AUTH=\$(cat '$state/redis.password') $REDIS_CLI"
}

# use_mysql DSN: the user's own server, by an options file that only the user can read.
use_mysql() {
  local url=$1 file=$state/client.cnf
  MYSQL_DSN=$url
  [[ $url =~ ^mysql://(([^:@]*)(:([^@]*))?@)?([^:/]*)(:([0-9]+))?/([^?]+)(\?(.*))?$ ]] ||
    die "mysql.dsn is not of the form mysql://user:password@host:3306/article_sys"
  (
    umask 077
    printf '[client]\nuser="%s"\npassword="%s"\n' "$(percent_decode "${BASH_REMATCH[2]}")" "$(percent_decode "${BASH_REMATCH[4]}")"
    [[ ${BASH_REMATCH[10]} == *socket=* ]] ||
      printf 'host="%s"\nport=%s\nprotocol=tcp\n' "${BASH_REMATCH[5]}" "${BASH_REMATCH[7]:-3306}"
    mysql_options "${BASH_REMATCH[10]}"
  ) >"$file"
  MYSQL_CLI="mariadb --defaults-file=$file ${BASH_REMATCH[8]}"
}

# mysql_options QUERY: the parameters of a DSN as lines of an options file.
mysql_options() {
  local pairs pair name
  IFS='&' read -ra pairs <<<"$1"
  for pair in "${pairs[@]}"; do
    case $pair in
      socket=* | ssl_ca=* | ssl_cert=* | ssl_key=*)
        name=${pair%%=*}
        printf '%s="%s"\n' "${name/_/-}" "$(percent_decode "${pair#*=}")"
        ;;
      ssl_verify=no) printf 'ssl\n' ;;
    esac
  done
  [[ $1 != *ssl_ca=* || $1 == *ssl_verify=no* ]] || printf 'ssl-verify-server-cert\n'
}

load_schema() {
  READCOUNT_MYSQL_DSN=$MYSQL_DSN "$bin/readcount" --config "$root/app.yaml" migrate || die "the schema could not be brought to this version"
}
