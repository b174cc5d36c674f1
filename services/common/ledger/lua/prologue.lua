-- Begins every step: names the keys, makes a life where there is none, reads where the ledger stands.
-- Lua numbers are doubles: values beyond 2^53 are passed on as text, so that no digit is lost.
local live, sealed, meta, writers, orphans = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local kind = redis.call('TYPE', live).ok
if kind ~= 'hash' and kind ~= 'none' then
  return redis.error_reply('ERR ' .. live .. ' holds a ' .. kind .. ', not a hash: rename or delete it')
end
local function orphan()
  return orphans .. ':' .. (redis.call('HGET', meta, 'life') or '') .. ':' .. redis.call('TIME')[1]
end
local stands = redis.call('HMGET', meta, 'life', 'epoch', 'sealed_epoch')
local life, epoch, sealed_epoch = stands[1], stands[2], stands[3] or '0'
if not life then
  life, epoch, sealed_epoch = ARGV[1], '1', '0'
  redis.call('HSET', meta, 'life', life, 'epoch', epoch, 'sealed_epoch', sealed_epoch)
  if redis.call('EXISTS', sealed) == 1 then redis.call('RENAME', sealed, orphan()) end
end
