-- seal: ARGV = fresh life, fresh name for the batch. Replies {life, epoch, sealed epoch, fields, recorded, 1 if the
-- batch was sealed before, name, writers = {writer, "seq:time", ...}}.
local resumed = 1
if sealed_epoch == '0' then
  if kind == 'none' then return {life, epoch, '0', 0, '0', 0, '', {}} end
  resumed = 0
  set_aside(sealed, 'sealed')
  redis.call('RENAME', live, sealed)
  if redis.call('EXISTS', writers) == 1 then redis.call('COPY', writers, sealed_writers, 'REPLACE') end
  sealed_epoch = epoch
  epoch = string.format('%.0f', tonumber(epoch) + 1)
  local recorded = redis.call('HGET', meta, 'live_recorded') or '0'
  redis.call('HSET', meta, 'epoch', epoch, 'sealed_epoch', sealed_epoch, 'sealed_name', ARGV[2],
             'sealed_recorded', recorded, 'live_recorded', '0')
end
local batch = redis.call('HMGET', meta, 'sealed_recorded', 'sealed_name')
return {life, epoch, sealed_epoch, redis.call('HLEN', sealed), batch[1] or '0', resumed, batch[2] or '',
        redis.call('HGETALL', sealed_writers)}
