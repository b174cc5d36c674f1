-- record: ARGV = fresh life, life, writer, seq, seq that must be known, sum of the views, "entry:views …" where they are
-- not 1, then the id of each entry.
-- Replies {life, epoch, sealed epoch, writer's previous seq, live, sealed, refused}: the live and the sealed counts of
-- the entries, joined by blanks (no sealed ones without a sealed batch), and the ids whose views did not fit. All three
-- are empty if the life is another one.
--
-- Sums that Lua writes with all their digits are made here, and stored by few calls, which costs Redis half of what an
-- HINCRBY for each entry would; all others are left to HINCRBY.
local writer, seq = ARGV[3], tonumber(ARGV[4])
local known = redis.call('HGET', writers, writer)
local last, refused = string.match(known or '0:', '^(%d+):%d*:?([%d ]*)$')
last = last or '0'
if life ~= ARGV[2] then return {life, epoch, sealed_epoch, last, '', '', ''} end
-- What was put back to before a seq that the writer was told to be recorded must first be brought those after it: they
-- would be taken for recorded once a later one is.
local adding = seq > 0 and tonumber(last) < seq and tonumber(last) >= tonumber(ARGV[5])
if adding or tonumber(last) ~= seq then refused = '' end

local call, find, format = redis.pcall, string.find, string.format
local page, most_digits = 500, 14  -- entries of one call: what is read is still near when it is written
local before_ids = 7
local n = #ARGV - before_ids
local views_of = {}  -- where they are not 1
for entry, views in string.gmatch(ARGV[before_ids], '(%d+):(%d+)') do views_of[tonumber(entry)] = views end
local function countable(value)
  if value and find(value, '^%-?%d+$') then return value end
  return '0'
end
local function values_of(key, first, last)
  return call('HMGET', key, unpack(ARGV, before_ids + first, before_ids + last))
end

-- The numbers that texts are, and false for a text that is none with all its digits; most texts come many times.
local numbers = setmetatable({}, {__index = function(known, text)
  local number = #text <= most_digits and find(text, '^[1-9]%d*$') and tonumber(text) or false
  known[text] = number
  return number
end})
local texts = setmetatable({}, {__index = function(known, number)
  local text = format('%d', number)
  known[number] = text
  return text
end})

local counts, others = {}, {}
local function sum_of(value, views)
  if not value then return #views <= most_digits and views end
  local before, more = numbers[value], numbers[views]
  return before and more and texts[before + more]
end
for first = 1, n, page do
  local values, sums, m = values_of(live, first, math.min(first + page - 1, n)), {}, 0
  for i = 1, #values do
    local entry, value = first + i - 1, values[i]
    local views = adding and (views_of[entry] or '1') or '0'
    local sum = views ~= '0' and sum_of(value, views)
    if sum then
      counts[entry] = sum
      sums[m + 1], sums[m + 2] = ARGV[before_ids + entry], sum
      m = m + 2
    elseif views == '0' then
      counts[entry] = countable(value)
    else
      others[#others + 1] = entry
    end
  end
  -- A first write that fails has done nothing; none of those after it can.
  if m > 0 then
    local stored = call('HSET', live, unpack(sums))
    if type(stored) ~= 'number' then return stored end
  end
end
local refusals, missing = {}, 0
for _, entry in ipairs(others) do
  local id, views = ARGV[before_ids + entry], views_of[entry] or '1'
  local after = call('HINCRBY', live, id, views)
  if type(after) == 'number' then
    counts[entry] = redis.call('HGET', live, id)
  elseif find(after.err, 'hash value is not an integer', 1, true) then
    -- Under a name that is no article id the next sync finds it and puts it among the dead letters.
    local garbage = redis.call('HGET', live, id)
    redis.call('HSET', live, id .. '!' .. redis.sha1hex(garbage), garbage)
    redis.call('HSET', live, id, views)
    counts[entry] = views
  elseif find(after.err, 'overflow', 1, true) then
    refusals[#refusals + 1], missing = id, missing + tonumber(views)
    counts[entry] = redis.call('HGET', live, id)
  else
    return after
  end
end

local sealed_counts = {}
if sealed_epoch ~= '0' then
  for first = 1, n, page do
    local values = values_of(sealed, first, math.min(first + page - 1, n))
    for i = 1, #values do sealed_counts[first + i - 1] = countable(values[i]) end
  end
end

if adding then
  refused = table.concat(refusals, ' ')
  local entry = {ARGV[4], redis.call('TIME')[1]}
  if refused ~= '' then entry[3] = refused end
  redis.call('HSET', writers, writer, table.concat(entry, ':'))
  -- Nothing after the first increment may fail, or it would stand without its seq. Sums here too: what the log of a
  -- killed Redis has of a step that was cut off is then made good when the step comes again.
  local total = tonumber(ARGV[6]) - missing
  for _, field in ipairs({'recorded', 'live_recorded'}) do
    local before = redis.call('HGET', meta, field) or '0'
    if #before <= most_digits and total < 1e14 and find(before, '^%d+$') then
      redis.call('HSET', meta, field, format('%d', before + total))
    else
      redis.pcall('HINCRBY', meta, field, format('%.0f', total))
    end
  end
end
return {life, epoch, sealed_epoch, last, table.concat(counts, ' '), table.concat(sealed_counts, ' '), refused}
