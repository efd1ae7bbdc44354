-- add.lua: adds one sample to the average "sum:count", the sum in milliseconds with six decimals.
--
-- KEYS[1]  the average
-- ARGV[1]  the sample in nanoseconds
-- ARGV[2]  the average's time to live in milliseconds
-- reply    {the value found, "" if there was none; the value written}
--
-- Numbers are doubles here, so milliseconds and nanoseconds are added apart: exact up to 2^53 of each.
local found = redis.call("get", KEYS[1]) or ""
local ms, ns, count = 0, 0, 0
if found ~= "" then
	local whole, fraction, n = found:match("^(%d+)%.?(%d*):(%d+)$")
	if not whole or #fraction > 6 then
		return redis.error_reply("ERR " .. KEYS[1] .. " is not of the form sum:count")
	end
	ms, ns, count = tonumber(whole), tonumber((fraction .. "000000"):sub(1, 6)), tonumber(n)
end
ns = ns + tonumber(ARGV[1])
local carry = math.floor(ns / 1000000)
local value = string.format("%d.%06d:%d", ms + carry, ns - carry * 1000000, count + 1)
redis.call("set", KEYS[1], value, "px", ARGV[2])
return {found, value}
