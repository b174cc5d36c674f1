-- release: ARGV = fresh life, life, epoch, name of the batch. Replies 1 if it was dropped, 0 if it is not there.
if life ~= ARGV[2] or sealed_epoch ~= ARGV[3] or redis.call('HGET', meta, 'sealed_name') ~= ARGV[4] then return 0 end
redis.call('UNLINK', sealed, sealed_writers)
redis.call('HSET', meta, 'sealed_epoch', '0', 'sealed_recorded', '0')

-- A writer retries for seconds; one that was silent for a week is a process that is gone.
if redis.call('HLEN', writers) > 1000 then
  local oldest = tonumber(redis.call('TIME')[1]) - 7 * 24 * 3600
  local all = redis.call('HGETALL', writers)
  for i = 1, #all, 2 do
    local seen = tonumber(string.match(all[i + 1], '^%d+:(%d+)'))
    if not seen or seen < oldest then redis.call('HDEL', writers, all[i]) end
  end
end
return 1
