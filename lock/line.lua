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
-- ARGV[8]  1 to ask whether this node counts the hub's subscription, or 0
-- reply    {0, its coming, the holder's time to live, the server's time, 1 if it was not in the queue before, the
--          holder or "", the id of the first in line or "", strangers, counted} it waits, {1, token} the lock is its own,
--          {1, token, 1} the same for one that was not in the queue before although it had come, {1, token, 0 or 1, 1}
--          the same, and it was left free for a moment before, in which others had it, {2} somebody else
--          holds it, {3} its id does already; the first is not looked up for one who joins behind others; strangers
--          is 1 if programs that know of no queue have lately had the lock, and counted is 0 if the hub listens, but at
--          another node
local RESERVED = 50000 -- microseconds that whoever took a signal has to take the lock, before the queue is served
local STRANGERS = 5000000 -- microseconds for which programs that know of no queue have had the lock lately

-- reserved says whether the lock, if free, is for somebody who took the signal, see serve.lua, or for who only asks, see
-- handover.lua.
local function reserved()
	local since = call("hmget", KEYS[4], "", "-")
	return lately(since[1], RESERVED) and "signal" or lately(since[2], MOMENT) and "moment"
end

-- take makes the caller the owner.
local function take()
	local token = ARGV[4] == "1" and next_token() or "0"
	set_owner(ARGV[2], ARGV[3])
	return {1, token}
end

local entry, id, came = ARGV[1], ARGV[2], ARGV[6]
local owner = call("get", KEYS[1])
if owner == id then
	-- Whoever still stands in the queue was not granted it: that was another acquisition with this id.
	if came == "" or call("zrem", KEYS[3], entry) == 1 then
		forget_hubs()
		return {3}
	end
	if ARGV[3] == "0" then
		call("persist", KEYS[1])
	else
		call("pexpire", KEYS[1], ARGV[3])
	end
	return {1, ARGV[4] == "1" and call("get", KEYS[5]) or "0"}
end
if entry == "" then
	local whose = not owner and reserved()
	if whose == "moment" then
		return take()
	end
	if owner or whose then
		return {2}
	end
	local served = serve(0)
	forget_hubs()
	return served and {2} or take()
end
local fresh, strangers, head = false, false, false
if came == "" then
	came = now()
	-- Never before those who are there, should the clock go back.
	local last = call("zrange", KEYS[3], -1, -1, "withscores")[2]
	if last and tonumber(last) >= tonumber(came) then
		came = string.format("%.0f", tonumber(last) + 1)
	end
	local heard = last and call("hmget", KEYS[4], ARGV[5], "+") or {}
	fresh = heard[1] and tonumber(now()) - tonumber(heard[1]) < SILENT / 10
	head, strangers = not last and entry, heard[2]
end
local added = call("zadd", KEYS[3], came, entry)
if ARGV[6] ~= "" then
	head, strangers = call("zrange", KEYS[3], 0, 0)[1], call("hget", KEYS[4], "+")
end
if not fresh then
	if call("hset", KEYS[4], ARGV[5], now()) == 1 then
		sweep_hubs()
	end
	call("pexpire", KEYS[3], ARGV[7])
	call("pexpire", KEYS[4], ARGV[7])
end
if not owner and not reserved() then
	local before = call("hmget", KEYS[4], "-", "*")
	local visited = lately(before[1], 2 * MOMENT) and (before[2] or call("exists", KEYS[2]) == 1)
	local served = serve(0, "", entry)
	forget_hubs()
	if served == "self" then
		local taken, again = take(), ARGV[6] ~= "" and added == 1
		if again or visited then
			taken[3], taken[4] = again and 1 or 0, visited and 1 or nil
		end
		return taken
	end
end
local first = ""
if head then
	local length, rest = string.match(head, "^%d+ %d %d+ (%d+) ()")
	first = rest and string.sub(head, rest + length) or ""
end
local counted = ARGV[8] == "0" or subscribed(ARGV[5])
strangers = lately(strangers, STRANGERS)
return {0, came, call("pttl", KEYS[1]), now(), added, owner or "", first, strangers and 1 or 0, counted and 1 or 0}
