-- Put before every script about the books, and before it the BOUNDS of durations.py. The books share one hash tag. KEYS:
-- index, implicit, born, totals.

local index, implicit, born, totals = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

local function bound_of(seconds)
  for _, bound in ipairs(BOUNDS) do
    if seconds <= bound then
      return bound
    end
  end
  return 'inf'
end

-- Count sessions that ended for a reason: lifetime is the sum over all reasons, lifetime:<reason> that of one, and
-- lifetime:<reason>:<bound> how many are in a bucket. Other versions of the server may know less or other bounds.
local function count_ended(reason, lifetimes)
  local sum, buckets = 0, {}
  for _, seconds in ipairs(lifetimes) do
    seconds = math.max(0, seconds)
    sum = sum + seconds
    local bound = bound_of(seconds)
    buckets[bound] = (buckets[bound] or 0) + 1
  end
  sum = string.format('%.6f', sum)
  redis.call('HINCRBY', totals, reason, #lifetimes)
  redis.call('HINCRBYFLOAT', totals, 'lifetime', sum)
  redis.call('HINCRBYFLOAT', totals, 'lifetime:' .. reason, sum)
  for bound, count in pairs(buckets) do
    redis.call('HINCRBY', totals, 'lifetime:' .. reason .. ':' .. bound, count)
  end
end
