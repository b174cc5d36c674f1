-- record: ARGV = fresh life, life, writer, seq, then id and views of each entry.
-- Replies {life, epoch, sealed epoch, writer's previous seq, counts}; counts = "live sealed refused" of each
-- entry, all joined by blanks; empty if the life is another one.
local writer, seq = ARGV[3], tonumber(ARGV[4])
local known = redis.call('HGET', writers, writer)
local last = known and string.match(known, '^(%d+):') or '0'
if life ~= ARGV[2] then return {life, epoch, sealed_epoch, last, ''} end
local adding = seq > 0 and tonumber(last) < seq

local function text(number, id)
  if number > 9007199254740991 or number < -9007199254740991 then return redis.call('HGET', live, id) end
  return string.format('%.0f', number)
end
local function countable(value)
  if type(value) == 'string' and string.find(value, '^%-?%d+$') then return value end
  return '0'
end

local counts, total = {}, 0
for i = 5, #ARGV, 2 do
  local id, views, value, refused = ARGV[i], ARGV[i + 1], nil, '0'
  if adding and views ~= '0' then
    local after = redis.pcall('HINCRBY', live, id, views)
    if type(after) == 'number' then
      value, total = text(after, id), total + tonumber(views)
    elseif string.find(after.err, 'hash value is not an integer', 1, true) then
      -- Under a name that is no article id the next sync finds it and puts it among the dead letters.
      local garbage = redis.call('HGET', live, id)
      redis.call('HSET', live, id .. '!' .. redis.sha1hex(garbage), garbage)
      redis.call('HSET', live, id, views)
      value, total = views, total + tonumber(views)
    elseif string.find(after.err, 'overflow', 1, true) then
      value, refused = redis.call('HGET', live, id), '1'
    else
      return after
    end
  else
    value = countable(redis.call('HGET', live, id))
  end
  counts[#counts + 1] = value
  counts[#counts + 1] = sealed_epoch ~= '0' and countable(redis.pcall('HGET', sealed, id)) or '0'
  counts[#counts + 1] = refused
end

if adding then
  redis.call('HSET', writers, writer, ARGV[4] .. ':' .. redis.call('TIME')[1])
  -- Nothing after the first increment may fail, or it would stand without its seq.
  redis.pcall('HINCRBY', meta, 'recorded', total)
  redis.pcall('HINCRBY', meta, 'live_recorded', total)
end
return {life, epoch, sealed_epoch, last, table.concat(counts, ' ')}
