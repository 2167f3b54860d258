-- SPDX-License-Identifier: MIT
-- What wrk sends and how it is counted. Arguments: how many requests to leave out of the figures
-- (those during which connections are opened), a pattern for every body or nothing, whether each
-- connection is for one request (1 or 0), and the server's /proc/*/task/*/schedstat. A pattern
-- captures the path, or nothing if the body does not have it.
--
-- One line of output: RESULT key=value...; times in microseconds, CPU time in nanoseconds.
local PATHS = 1000

local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

local function cpu_time()
    local sum = 0
    for _, name in ipairs(schedstats) do
        local file = io.open(name)
        if file then
            sum = sum + file:read("*n")
            file:close()
        end
    end
    return sum
end

-- Paths that differ in each byte but not in length, so that the bytes of all answers add up.
local function path(i)
    return string.format("/path/%04d/%08x", i, i * 2654435761 % 4294967296)
end

function init(args)
    left_out, sent, wrong, right = tonumber(args[1]), 0, 0, 0
    local pattern, close = args[2], args[3] == "1"
    schedstats, cpu_before = {}, 0
    for i = 4, #args do schedstats[#schedstats + 1] = args[i] end
    requests, paths = {}, {}
    if close then wrk.headers["Connection"] = "close" end
    for i = 1, PATHS do
        requests[i] = wrk.format("GET", path(i))
        paths[path(i)] = true
    end
    if pattern ~= "" then
        function response(status, headers, body)
            local found = body:match(pattern)
            local is_right = status == 200 and found and (paths[found] or found == body)
            if is_right then right = right + 1 else wrong = wrong + 1 end
        end
    end
end

function request()
    sent = sent + 1
    if sent == left_out then cpu_before = cpu_time() end
    return requests[sent % PATHS + 1]
end

-- What runs here has another state than the threads.
function done(summary, latency)
    local counts = {sent = 0, right = 0, wrong = 0, cpu_before = 0}
    for _, thread in ipairs(threads) do
        for name in pairs(counts) do counts[name] = counts[name] + thread:get(name) end
    end
    local errors = summary.errors
    io.write(string.format(
        "RESULT requests=%d duration=%d bytes=%d failed=%d timeouts=%d sent=%d right=%d wrong=%d " ..
        "cpu_before=%.0f p50=%d p99=%d p999=%d\n",
        summary.requests, summary.duration, summary.bytes,
        errors.connect + errors.read + errors.write + errors.status, errors.timeout,
        counts.sent, counts.right, counts.wrong, counts.cpu_before,
        latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
