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

local function clock()
	local t = redis.call("time")
	return t[1] .. string.format("%06d", t[2])
end

local now = clock()

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
		redis.call("set", KEYS[5], now)
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

-- serve gives a lock that is free, or about to be, to the first waiter who is alive, and says whether there was one. It
-- returns "self" if that is the waiter given, who needs no message. turn counts the grants since the signal's last.
local function serve(turn, self)
	while true do
		local head = redis.call("zpopmin", KEYS[3])[1]
		if not head then
			forget_hubs()
			return false
		end
		if head == self then
			forget_hubs()
			return "self"
		end
		local lease, fenced, number, length, rest = string.match(head, "^(%d+) (%d) (%d+) (%d+) (.*)$")
		length = tonumber(length)
		local hub, id = string.sub(rest, 1, length), string.sub(rest, length + 1)
		local heard = redis.call("hget", KEYS[4], hub)
		if heard and tonumber(now) - tonumber(heard) < SILENT then
			-- Nothing can come between the message and what it promises: this is a script.
			local token = next_token(fenced)
			if redis.call("publish", "lock-grant:" .. hub, number .. " " .. token .. " " .. turn .. " " .. now) > 0 then
				set_owner(id, lease, true)
				forget_hubs()
				return true
			end
		end
	end
end

-- reserved says whether the lock, if free, is for somebody who took the signal: see serve.lua.
local function reserved()
	local since = redis.call("hget", KEYS[4], "")
	return since and tonumber(now) - tonumber(since) < RESERVED
end

-- free gives the lock back with a signal, as release.lua does.
local function free(signal_ttl)
	if redis.call("pexpire", KEYS[2], signal_ttl) == 0 then
		redis.call("lpush", KEYS[2], 1)
		redis.call("pexpire", KEYS[2], signal_ttl)
	end
	redis.call("del", KEYS[1])
end
