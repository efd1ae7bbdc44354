-- ttl.lua: reads the time to live of a lock the caller owns.
--
-- KEYS[1]  lock:<name>, the owner's id
-- ARGV[1]  the caller's id
-- reply    milliseconds left, -1 without a time to live, -2 not held by this id
if redis.call("get", KEYS[1]) ~= ARGV[1] then
	return -2
end
return redis.call("pttl", KEYS[1])
