-- books: replies {life, epoch, sealed epoch, recorded, live_recorded, sealed_recorded, fields of the live
-- hash, sum of its short values, the longer ones as "field value"}.
local sum, long, cursor = 0, {}, '0'
repeat
  local page = redis.call('HSCAN', live, cursor, 'COUNT', 1000)
  cursor = page[1]
  for i = 1, #page[2], 2 do
    local field, value = page[2][i], page[2][i + 1]
    if string.find(field, '^[1-9]%d*$') and string.find(value, '^%-?%d+$') and #field <= 20 and #value <= 20 then
      if #field < 20 and (string.find(value, '^%-?[1-9]%d?%d?%d?%d?%d?%d?%d?%d?$') or value == '0') then
        sum = sum + tonumber(value)
      else
        long[#long + 1] = field .. ' ' .. value
      end
    end
  end
until cursor == '0'
local totals = redis.call('HMGET', meta, 'recorded', 'live_recorded', 'sealed_recorded')
return {life, epoch, sealed_epoch, totals[1] or '0', totals[2] or '0', totals[3] or '0',
        redis.call('HLEN', live), string.format('%.0f', sum), long}
