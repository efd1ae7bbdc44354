-- grant.lua: what the scripts of the fair lock have in common. It goes before each of them, and they name its keys in
-- the same places.
--
-- KEYS[1]  lock:<name>, the owner's id
-- KEYS[2]  lock-signal:<name>, the list others block on
-- KEYS[3]  the queue: a sorted set of waiters, by the time they came in microseconds of the server's clock
-- KEYS[4]  the hubs: a hash of when each process with waiters was last heard of, by the same clock; beside
--          them, under "", when a signal was last taken in turn
-- KEYS[5]  the token counter
--
-- A waiter is written "<lease in ms> <1 for a token> <its number> <length of the hub's name> <hub><owner id>".
local SILENT = 5000000 -- microseconds after which a hub counts as dead although its connection is open
local PROVISIONAL = 2000 -- milliseconds that a grant without a lease has to live until it is confirmed
local RESERVED = 50000 -- microseconds that whoever took a signal has to take the lock, before the queue is served
local TOKEN_TTL = 604800000 -- milliseconds, a week

local clock

-- now is the time in microseconds, as text, and the same for all of a script.
local function now()
	if not clock then
		local t = redis.call("time")
		clock = t[1] .. string.format("%06d", t[2])
	end
	return clock
end

local function set_owner(id, lease, provisional)
	if lease ~= "0" then
		redis.call("set", KEYS[1], id, "px", lease)
	elseif provisional then
		redis.call("set", KEYS[1], id, "px", PROVISIONAL)
	else
		redis.call("set", KEYS[1], id)
	end
end

-- next_token counts as acquire.lua does.
local function next_token(wanted)
	if wanted ~= "1" then
		return "0"
	end
	if redis.call("exists", KEYS[5]) == 0 then
		redis.call("set", KEYS[5], now())
	end
	redis.call("incr", KEYS[5])
	redis.call("pexpire", KEYS[5], TOKEN_TTL)
	return redis.call("get", KEYS[5])
end

-- forget_hubs leaves nothing behind when nobody waits.
local function forget_hubs()
	if redis.call("exists", KEYS[3]) == 0 then
		redis.call("del", KEYS[4])
	end
end

-- grant makes a waiter the owner, if it is alive. One of the caller's own hub is as alive as the caller, which tells it by
-- itself: then its number and its token are returned, and otherwise whether it was told.
local function grant(waiter, turn, own)
	local lease, fenced, number, length, rest = string.match(waiter, "^(%d+) (%d) (%d+) (%d+) ()")
	local hub, id = string.sub(waiter, rest, rest + length - 1), string.sub(waiter, rest + length)
	if hub == own and hub ~= "" then
		set_owner(id, lease)
		return {number, next_token(fenced)}
	end
	local heard = redis.call("hget", KEYS[4], hub)
	if not heard or tonumber(now()) - tonumber(heard) >= SILENT then
		return false
	end
	-- Nothing can come between the message and what it promises: this is a script.
	local token = next_token(fenced)
	if redis.call("publish", "lock-grant:" .. hub, number .. " " .. token .. " " .. turn .. " " .. now()) == 0 then
		return false
	end
	set_owner(id, lease, true)
	return true
end

-- serve gives a lock that is free, or about to be, to the first waiter who is alive: false if there is none, "self" if it
-- is the waiter of that name, who needs no message, or as grant does. turn counts the grants since the signal's last.
local function serve(turn, own, self)
	while true do
		-- Not ZPOPMIN, which would write out a time for nobody; the second says whether anybody is left.
		local line = redis.call("zrange", KEYS[3], 0, 1)
		local head, served = line[1], false
		if head then
			redis.call("zrem", KEYS[3], head)
			served = head == self and "self" or grant(head, turn, own)
		end
		if head and not line[2] then
			redis.call("del", KEYS[4]) -- as forget_hubs does
		end
		if served or not line[2] then
			return served
		end
	end
end

-- reserved says whether the lock, if free, is for somebody who took the signal: see serve.lua.
local function reserved()
	local since = redis.call("hget", KEYS[4], "")
	return since and tonumber(now()) - tonumber(since) < RESERVED
end

-- free gives the lock back with a signal, as release.lua does.
local function free(signal_ttl)
	if redis.call("pexpire", KEYS[2], signal_ttl) == 0 then
		redis.call("lpush", KEYS[2], 1)
		redis.call("pexpire", KEYS[2], signal_ttl)
	end
	redis.call("del", KEYS[1])
end
