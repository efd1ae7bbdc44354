-- raise.lua: raises a resource's fence, so that writes with older tokens are refused from now on.
--
-- KEYS[1]  the fence, the highest token seen
-- ARGV[1]  the token
-- ARGV[2]  the fence's time to live in milliseconds
-- reply    1 the fence is at this token, 0 it is higher
local fence = redis.call("get", KEYS[1])
-- Tokens are decimal numbers without leading zeros, too large for a Lua number
-- to be exact in every Redis: the longer is the greater, then the later in order.
if fence and (#fence > #ARGV[1] or (#fence == #ARGV[1] and fence > ARGV[1])) then
	return 0
end
redis.call("set", KEYS[1], ARGV[1], "px", ARGV[2])
return 1
