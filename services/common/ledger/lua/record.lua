-- record: ARGV = fresh life, life, writer, seq, sum of the views, then id and views of each entry.
-- Replies {life, epoch, sealed epoch, writer's previous seq, live, sealed, refused}: the live and the sealed counts of
-- the entries, joined by blanks (no sealed ones without a sealed batch), and the ids whose views did not fit. All three
-- are empty if the life is another one.
local writer, seq = ARGV[3], tonumber(ARGV[4])
local known = redis.call('HGET', writers, writer)
local last, refused = string.match(known or '0:', '^(%d+):%d*:?([%d ]*)$')
last = last or '0'
if life ~= ARGV[2] then return {life, epoch, sealed_epoch, last, '', '', ''} end
local adding = seq > 0 and tonumber(last) < seq
if adding or tonumber(last) ~= seq then refused = '' end

local call, refusals, missing = redis.pcall, {}, 0
local function countable(value)
  if type(value) == 'string' and string.find(value, '^%-?%d+$') then return value end
  return '0'
end
-- What HINCRBY answered, if it is no number that Lua writes with all its digits.
local function unusual(after, id, views)
  if type(after) == 'number' then return redis.call('HGET', live, id) end
  if string.find(after.err, 'hash value is not an integer', 1, true) then
    -- Under a name that is no article id the next sync finds it and puts it among the dead letters.
    local garbage = redis.call('HGET', live, id)
    redis.call('HSET', live, id .. '!' .. redis.sha1hex(garbage), garbage)
    redis.call('HSET', live, id, views)
    return views
  end
  if string.find(after.err, 'overflow', 1, true) then
    refusals[#refusals + 1], missing = id, missing + tonumber(views)
    return redis.call('HGET', live, id)
  end
  return nil
end

local counts, ids, n = {}, {}, 0
for i = 6, #ARGV, 2 do
  local id, views, value = ARGV[i], ARGV[i + 1], nil
  n = n + 1
  ids[n] = id
  if adding and views ~= '0' then
    local after = call('HINCRBY', live, id, views)
    value = after
    if type(after) ~= 'number' or after >= 1e14 or after <= -1e14 then
      value = unusual(after, id, views)
      if not value then return after end
    end
  else
    value = countable(redis.call('HGET', live, id))
  end
  counts[n] = value
end

local sealed_counts = {}
if sealed_epoch ~= '0' then
  local most = 1000  -- words of one call that Lua has room for
  for first = 1, n, most do
    local values = call('HMGET', sealed, unpack(ids, first, math.min(first + most - 1, n)))
    for i = first, math.min(first + most - 1, n) do sealed_counts[i] = countable(values[i - first + 1]) end
  end
end

if adding then
  refused = table.concat(refusals, ' ')
  local entry = {ARGV[4], redis.call('TIME')[1]}
  if refused ~= '' then entry[3] = refused end
  redis.call('HSET', writers, writer, table.concat(entry, ':'))
  -- Nothing after the first increment may fail, or it would stand without its seq.
  local total = string.format('%.0f', tonumber(ARGV[5]) - missing)
  redis.pcall('HINCRBY', meta, 'recorded', total)
  redis.pcall('HINCRBY', meta, 'live_recorded', total)
end
return {life, epoch, sealed_epoch, last, table.concat(counts, ' '), table.concat(sealed_counts, ' '), refused}
