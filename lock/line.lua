-- line.lua: takes the lock, or joins the queue for it, or asks again from within the queue. With nobody alive in the
-- way, a lock that is free is the caller's; otherwise a free lock is given to the first in line. A grant whose message
-- was missed or came late is confirmed, with the whole lease from now.
--
-- KEYS     as in grant.lua
-- ARGV[1]  the caller as written in the queue, or "" to try and not to wait
-- ARGV[2]  its id
-- ARGV[3]  its lease in milliseconds, 0 for none
-- ARGV[4]  1 if it wants a token
-- ARGV[5]  its hub
-- ARGV[6]  when it first came, as replied, or "" for just now
-- ARGV[7]  the queue's time to live in milliseconds without anybody asking
-- reply    {0, its coming, the holder's time to live, the server's time, 1 if it was not in the queue before, the
--          holder or ""} it waits, {1, token} the lock is its own, {2} somebody else holds it, {3} its id does already
local entry, id, came = ARGV[1], ARGV[2], ARGV[6]
local owner = redis.call("get", KEYS[1])
if owner == id then
	-- Whoever still stands in the queue was not granted it: that was another acquisition with this id.
	if came == "" or redis.call("zrem", KEYS[3], entry) == 1 then
		forget_hubs()
		return {3}
	end
	if ARGV[3] == "0" then
		redis.call("persist", KEYS[1])
	else
		redis.call("pexpire", KEYS[1], ARGV[3])
	end
	return {1, ARGV[4] == "1" and redis.call("get", KEYS[5]) or "0"}
end
if entry == "" then
	if owner or reserved() or serve(0) then
		return {2}
	end
	set_owner(id, ARGV[3])
	return {1, next_token(ARGV[4])}
end
local fresh = false
if came == "" then
	came = now()
	-- Never before those who are there, should the clock go back.
	local last = redis.call("zrange", KEYS[3], -1, -1, "withscores")[2]
	if last and tonumber(last) >= tonumber(came) then
		came = string.format("%.0f", tonumber(last) + 1)
	end
	local heard = last and redis.call("hget", KEYS[4], ARGV[5])
	fresh = heard and tonumber(now()) - tonumber(heard) < SILENT / 10
end
local added = redis.call("zadd", KEYS[3], came, entry)
if not fresh then
	redis.call("hset", KEYS[4], ARGV[5], now())
	redis.call("pexpire", KEYS[3], ARGV[7])
	redis.call("pexpire", KEYS[4], ARGV[7])
end
if not owner and not reserved() and serve(0, "", entry) == "self" then
	set_owner(id, ARGV[3])
	return {1, next_token(ARGV[4])}
end
return {0, came, redis.call("pttl", KEYS[1]), now(), added, owner or ""}
