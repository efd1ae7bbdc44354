-- enter.lua: the judge takes in that somebody believes to hold a lock, and says whether somebody else rightly did.
--
-- KEYS[1]  who is inside: a hash of owner, until, era, worker
-- KEYS[2]  the highest fencing token that has been inside
-- KEYS[3]  the tally, a hash of counts
-- KEYS[4]  the accusations, a list of texts
-- KEYS[5]  the stalls that holders with a token are asked for, a list
-- ARGV[1]  the owner's id
-- ARGV[2]  when its lease ends at the earliest, in microseconds of the wall clock
-- ARGV[3]  the era in which it began to acquire, as far as it knew: an older one than the true one at most
-- ARGV[4]  its fencing token, 0 for none
-- ARGV[5]  its worker
-- ARGV[6]  its mode
-- ARGV[7]  how long it has waited, in microseconds
-- reply    {1 it may go in or 0 its lease has run out, 1 if the grant is of this era, 1 if it is to stall, era, faults, 1 to stop}
local t = redis.call("time")
local now = t[1] * 1000000 + t[2]
local era = redis.call("get", "era") or "0"
local faults = redis.call("get", "faults") or "0"
local stop = redis.call("exists", "stop")

redis.call("hincrby", KEYS[3], "grants " .. ARGV[6], 1)
redis.call("hincrby", KEYS[3], "grants", 1)
if tonumber(ARGV[7]) > tonumber(redis.call("hget", KEYS[3], "longest " .. ARGV[6]) or "0") then
	redis.call("hset", KEYS[3], "longest " .. ARGV[6], ARGV[7])
end

if tonumber(ARGV[2]) <= now then
	redis.call("hincrby", KEYS[3], "late", 1)
	return {0, 0, 0, tonumber(era), tonumber(faults), stop}
end
-- An era is odd while the lock's Redis loses its data. A grant across that is nobody's promise.
local sure = era == ARGV[3] and tonumber(era) % 2 == 0
local inside = redis.call("hmget", KEYS[1], "owner", "until", "era", "worker")
if sure and inside[1] and inside[3] == era and tonumber(inside[2]) > now then
	redis.call("rpush", KEYS[4], KEYS[1] .. ": " .. ARGV[6] .. " of worker " .. ARGV[5] .. " entered beside " .. inside[1] ..
		" of worker " .. inside[4] .. ", who had " .. (inside[2] - now) .. " microseconds left")
end
if ARGV[4] ~= "0" then
	local highest = redis.call("get", KEYS[2])
	if sure and highest and tonumber(ARGV[4]) <= tonumber(highest) then
		redis.call("rpush", KEYS[4], KEYS[1] .. ": " .. ARGV[6] .. " entered with token " .. ARGV[4] .. " after " .. highest)
	end
	if not highest or tonumber(ARGV[4]) > tonumber(highest) then
		redis.call("set", KEYS[2], ARGV[4])
	end
end
redis.call("hset", KEYS[1], "owner", ARGV[1], "until", ARGV[2], "era", sure and era or "unsure", "worker", ARGV[5])
local stall = 0
if sure and ARGV[4] ~= "0" and redis.call("rpop", KEYS[5]) then
	stall = 1
end
return {1, sure and 1 or 0, stall, tonumber(era), tonumber(faults), stop}
