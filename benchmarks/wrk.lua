-- Sends prepared requests in turn, each with a fresh number, and prints what wrk measured as one JSON line.
-- The file named by the first argument holds whole HTTP requests separated by NUL bytes; every "@COUNTER@" in them
-- becomes a nine-digit number, so that the Content-Length stays right and no two requests are equal (of two threads at most).
-- There is no response callback on purpose: wrk would parse every header into a table for it and become the bottleneck.

local requests = {}
local turn = 0
local counter = 100000000
local threads = 0
local concat = table.concat

local function split(text, separator)
  local parts, from = {}, 1
  while true do
    local first, last = text:find(separator, from, true)
    if not first then
      parts[#parts + 1] = text:sub(from)
      return parts
    end
    parts[#parts + 1] = text:sub(from, first - 1)
    from = last + 1
  end
end

function setup(thread)
  thread:set("first_number", 100000000 + threads * 400000000)
  threads = threads + 1
end

function init(args)
  counter = first_number
  local file = assert(io.open(args[1], "rb"))
  for _, request_text in ipairs(split(file:read("*a"), "\0")) do
    requests[#requests + 1] = split(request_text, "@COUNTER@")
  end
  file:close()
end

function request()
  turn = turn % #requests + 1
  counter = counter + 1
  return concat(requests[turn], tostring(counter))
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests": %d, "duration_s": %.6f, "p50_ms": %.4f, "p99_ms": %.4f, "max_ms": %.4f, ' ..
    '"status_errors": %d, "socket_errors": %d, "timeouts": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3, errors.status, errors.connect + errors.read + errors.write, errors.timeout))
end
