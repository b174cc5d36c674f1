#!/usr/bin/env bash
# Each foreign library stays behind its wall: who may include its headers stands in the table below. Also keeps
# source files within a size that one can read.
set -euo pipefail
cd "$(dirname "$0")/../.."

# header (as a pattern), paths that may include it (as a pattern)
walls='
<hiredis/             ^services/common/redis/
<mysql\.h>            ^services/common/mysql/
<grpcpp/              ^services/common/rpc/|^services/[a-z]+/[a-z]+_(rpc|stream|watch)\.|^gateway/(article_stream|status_stream|grpc_backends)\.|^cli/rpc/|^tests/
<boost/(asio|beast)   ^services/common/metrics/exporter\.|^gateway/(https_context|session|listener|timed_socket|request_reader|discarded_body|request_convert|response_text|gateway_server)\.|^cli/http/|^tests/
<rapidjson/           ^gateway/json\.|^cli/json\.|^tests/
<yaml-cpp/            ^services/common/config/
<sqlite3\.h>          ^services/article/sqlite_spool\.
<spdlog/              ^services/common/base/log\.
<systemd/             ^services/common/base/service_manager\.
<prometheus/          ^services/common/metrics/exposition\.
'
most_lines=400

failed=0
sources=$(find services gateway cli tests -name '*.h' -o -name '*.cc' | sort)
while read -r header allowed; do
  [ -n "$header" ] || continue
  outside=$(grep -lE "#include $header" $sources | grep -vE "$allowed" || true)
  if [ -n "$outside" ]; then
    printf '%s is included outside of its wall by:\n%s\n' "$header" "$outside"
    failed=1
  fi
done <<<"$walls"

for file in $sources; do
  lines=$(wc -l <"$file")
  if [ "$lines" -gt $most_lines ]; then
    printf '%s has %s lines, the limit is %s\n' "$file" "$lines" $most_lines
    failed=1
  fi
done
exit $failed
