-- wrk's figures as one line of JSON.
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format('{"requests":%d,"microseconds":%d,"errors":%d,"mean":%.1f,"p50":%d,"p99":%d,"p99_9":%d}\n',
    summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency.mean, latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
