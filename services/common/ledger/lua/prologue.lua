-- Begins every step: names the keys, makes a life where there is none, reads where the ledger stands.
-- Lua numbers are doubles: values beyond 2^53 are passed on as text, so that no digit is lost.
local live, sealed, meta, writers, sealed_writers, orphans = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local kind = redis.call('TYPE', live).ok
if kind ~= 'hash' and kind ~= 'none' then
  return redis.error_reply('ERR ' .. live .. ' holds a ' .. kind .. ', not a hash: rename or delete it')
end
local function set_aside(key, name)
  if redis.call('EXISTS', key) == 0 then return end
  local ended = redis.call('HGET', meta, 'life') or 'unknown'
  -- The fresh life, random, keeps names apart.
  redis.call('RENAME', key, table.concat({orphans, ended, redis.call('TIME')[1], ARGV[1], name}, ':'))
end
local stands = redis.call('HMGET', meta, 'life', 'epoch', 'sealed_epoch')
local life, epoch, sealed_epoch = stands[1], stands[2], stands[3] or '0'
if life and not (#life == 16 and string.find(life, '^%x+$') and string.find(epoch or '', '^[1-9]%d*$') and
                 #epoch <= 15 and string.find(sealed_epoch, '^%d+$') and tonumber(sealed_epoch) < tonumber(epoch)) then
  return redis.error_reply(table.concat({'ERR ', meta, ' is damaged: life ', life, ', epoch ', epoch or 'none',
    ', sealed_epoch ', sealed_epoch, ': restore it, or delete that key to begin a new life, in which ' ..
    'article services record again what MySQL lacks of their views'}))
end
local function begin_life()
  redis.call('UNLINK', meta, writers, sealed_writers)
  life, epoch, sealed_epoch = ARGV[1], '1', '0'
  redis.call('HSET', meta, 'life', life, 'epoch', epoch, 'sealed_epoch', sealed_epoch)
end
if not life then
  -- Writers without meta: a part of a life that is over, whose writers will bring what MySQL lacks of it.
  if redis.call('EXISTS', writers, sealed_writers) > 0 then
    set_aside(live, 'live')
    kind = 'none'
  end
  set_aside(sealed, 'sealed')
  begin_life()
end
