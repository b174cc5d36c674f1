-- pending: replies {life, epoch, sealed epoch, fields of both hashes, name of the sealed batch}.
local fields = redis.call('HLEN', live)
if sealed_epoch ~= '0' then fields = fields + redis.call('HLEN', sealed) end
return {life, epoch, sealed_epoch, fields, sealed_epoch ~= '0' and redis.call('HGET', meta, 'sealed_name') or ''}
