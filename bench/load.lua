-- Asks for the addresses of a file in turn, each line being a path, optionally with an entity tag after a tab;
-- writes what came of it as one line of JSON into a second file. Both names come from the environment.

local requests, position = {}, 0

function init(arguments)
    for line in io.lines(os.getenv("BENCH_ADDRESSES")) do
        local path, tag = line:match("^([^\t]*)\t?(.*)$")
        local headers = {["Host"] = os.getenv("BENCH_HOST")}
        if tag ~= "" then headers["If-None-Match"] = tag end
        requests[#requests + 1] = wrk.format("GET", path, headers)
    end
end

function request()
    position = position % #requests + 1
    return requests[position]
end

function done(summary, latency, per_request)
    local out = io.open(os.getenv("BENCH_SUMMARY"), "w")
    out:write(string.format(
        '{"answers":%d,"size_bytes":%d,"time_us":%d,"other_status":%d,"broken":%d,"median_us":%d}',
        summary.requests, summary.bytes, summary.duration, summary.errors.status,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
        latency:percentile(50)))
    out:close()
end
