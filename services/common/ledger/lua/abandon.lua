-- abandon: ARGV = fresh life, life, epoch, sealed epoch, name of the sealed batch or '*' for any. Ends the life if it
-- stands exactly there. Replies {life, epoch, sealed epoch, 1 if it was ended}.
local same_batch = ARGV[5] == '*' or ARGV[5] == (redis.call('HGET', meta, 'sealed_name') or '')
if life ~= ARGV[2] or epoch ~= ARGV[3] or sealed_epoch ~= ARGV[4] or not same_batch then
  return {life, epoch, sealed_epoch, 0}
end
set_aside(live, 'live')
set_aside(sealed, 'sealed')
begin_life()
return {life, epoch, sealed_epoch, 1}
