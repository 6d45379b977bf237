-- Add to the time spent on a session's requests. ARGV: 4 seconds.

if redis.call('HEXISTS', record, 'last') == 1 then
  redis.call('HINCRBYFLOAT', record, 'busy', ARGV[4])
end
