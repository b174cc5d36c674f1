-- seal: replies {life, epoch, sealed epoch, fields, recorded, 1 if the batch was sealed before}.
local resumed = 1
if sealed_epoch == '0' then
  if kind == 'none' then return {life, epoch, '0', 0, '0', 0} end
  resumed = 0
  if redis.call('EXISTS', sealed) == 1 then redis.call('RENAME', sealed, orphan()) end
  redis.call('RENAME', live, sealed)
  sealed_epoch = epoch
  epoch = string.format('%.0f', tonumber(epoch) + 1)
  local recorded = redis.call('HGET', meta, 'live_recorded') or '0'
  redis.call('HSET', meta, 'epoch', epoch, 'sealed_epoch', sealed_epoch,
             'sealed_recorded', recorded, 'live_recorded', '0')
end
local recorded = redis.call('HGET', meta, 'sealed_recorded') or '0'
return {life, epoch, sealed_epoch, redis.call('HLEN', sealed), recorded, resumed}
