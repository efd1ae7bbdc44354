-- grant.lua: what the scripts of the fair lock have in common. It goes before each of them, and they name its keys in
-- the same places.
--
-- KEYS[1]  lock:<name>, the owner's id
-- KEYS[2]  lock-signal:<name>, the list others block on
-- KEYS[3]  the queue: a sorted set of waiters, by the time they came in microseconds of the server's clock
-- KEYS[4]  the hubs: a hash of when each process with waiters was last heard of, by the same clock; beside
--          them, under "", when a signal was last taken in turn, under "+", when a signal was last claimed that
--          had been left by a program that knows of no queue and, under "-", when the lock was last left free for a
--          moment, under "*" if somebody had it then, and under "." since when there was none, as far as is known
-- KEYS[5]  the token counter
--
-- A waiter is written "<lease in ms> <1 for a token> <its number> <length of the hub's name> <hub><owner id>".
--
-- The hubs go when the queue is empty: with who leaves it or, after a hand-over, with the release that finds it so.
-- Every script of a waiter's makes them anew, so here they may be missing.
local SILENT = 5000000 -- microseconds after which a hub counts as dead although its connection is open
local MOMENT = 13000 -- microseconds for which the lock is left free, now and then, for those who only ask
local PROVISIONAL = 2000 -- milliseconds that a grant without a lease has to live until it is confirmed
local TOKEN_TTL = 604800000 -- milliseconds, a week

local call, clock = redis.call, nil

-- now is the time in microseconds, as text, and the same for all of a script.
local function now()
	if not clock then
		local t = call("time")
		clock = t[1] .. string.format("%06d", t[2])
	end
	return clock
end

-- lately says whether something was less than so many microseconds ago. A clock that was set back is not waited for.
local function lately(since, limit) return since and math.abs(tonumber(now()) - tonumber(since)) < limit end

-- set_owner gives the lock to an id, for ever if the lease is 0 milliseconds. It comes after whatever may fail, such as
-- next_token where its key is of another type: a script that fails halfway is not undone.
local function set_owner(id, lease)
	if lease == "0" then
		call("set", KEYS[1], id)
	else
		call("set", KEYS[1], id, "px", lease)
	end
end

-- next_token counts as acquire.lua does.
local function next_token()
	if call("incr", KEYS[5]) == 1 then
		call("set", KEYS[5], now())
		call("incr", KEYS[5])
	end
	call("pexpire", KEYS[5], TOKEN_TTL)
	return call("get", KEYS[5])
end

-- sweep_hubs forgets the hubs that count as dead, for where somebody always waits their hash stays, and returns how many
-- are left.
local function sweep_hubs()
	local all, left = call("hgetall", KEYS[4]), 0
	for i = 1, #all, 2 do
		if #all[i] > 1 then
			if tonumber(now()) - tonumber(all[i + 1]) < SILENT then
				left = left + 1
			else
				call("hdel", KEYS[4], all[i])
			end
		end
	end
	return left
end

-- forget_hubs leaves nothing behind when nobody waits.
local function forget_hubs()
	if call("exists", KEYS[3]) == 0 then
		call("del", KEYS[4])
	end
end

-- subscribed says whether this node counts the subscription of a hub. A message reaches the subscribers of other nodes as
-- well.
local function subscribed(hub)
	return call("pubsub", "numsub", "lock-grant:" .. hub)[2] > 0
end

-- serve gives a lock that is free, or about to be, to the first waiter who is alive: false if there is none, "self" if it
-- is the waiter of that name, who takes it by itself, a table with its number and its token if it is of the caller's hub
-- own, which is as alive as the caller and tells it, and true if it was told. turn counts the grants since the signal's
-- last.
local function serve(turn, own, self)
	while true do
		local head = call("zpopmin", KEYS[3])[1]
		if not head or head == self then
			return head and "self" or false
		end
		local lease, fenced, number, length, rest = string.match(head, "^(%d+) (%d) (%d+) (%d+) ()")
		if rest then -- or somebody else has written it
			local hub, id = string.sub(head, rest, rest + length - 1), string.sub(head, rest + length)
			if hub == own then
				local token = fenced == "1" and next_token() or "0"
				set_owner(id, lease)
				return {number, token}
			end
			local heard = call("hget", KEYS[4], hub)
			if heard and tonumber(now()) - tonumber(heard) < SILENT then
				if subscribed(hub) then
					local token = fenced == "1" and next_token() or "0"
					set_owner(id, lease == "0" and PROVISIONAL or lease)
					-- The message comes last: whoever gets it believes it.
					call("publish", "lock-grant:" .. hub, number .. " " .. token .. " " .. turn .. " " .. now())
					return true
				end
				call("publish", "lock-grant:" .. hub, number) -- one who listens at another node asks, and joins again
			end
		end
	end
end

-- call_first tells the first in line that the lock is free, or about to be, for a moment, and its own after that: true if
-- it was told, a table with its number if it is of the caller's hub own, which tells it, and false if nobody listens.
-- turn counts the grants since the signal's last.
local function call_first(turn, own)
	local head = call("zrange", KEYS[3], 0, 0)[1]
	local number, length, rest = string.match(head or "", "^%d+ %d (%d+) (%d+) ()")
	local hub = rest and string.sub(head, rest, rest + length - 1)
	if hub and hub == own then
		return {number}
	end
	if not hub or not subscribed(hub) then
		return false
	end
	call("publish", "lock-grant:" .. hub, number .. " " .. turn)
	return true
end
