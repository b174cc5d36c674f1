-- pending: replies {life, epoch, sealed epoch, fields of both hashes, name of the sealed batch, views recorded}.
local fields = redis.call('HLEN', live)
if sealed_epoch ~= '0' then fields = fields + redis.call('HLEN', sealed) end
local counted = redis.call('HMGET', meta, 'sealed_name', 'recorded')
return {life, epoch, sealed_epoch, fields, sealed_epoch ~= '0' and counted[1] or '', counted[2] or '0'}
