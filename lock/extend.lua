-- extend.lua: sets a new time to live on the lock if the caller owns it and it has one.
--
-- KEYS[1]  lock:<name>, the owner's id
-- ARGV[1]  the caller's id
-- ARGV[2]  the new time to live in milliseconds
-- ARGV[3]  1 to leave a longer one alone, which others with this id may have set; left out to shorten it as well
-- reply    0 extended, 1 not held by this id, 2 held without a time to live, 5 it was longer
if redis.call("get", KEYS[1]) ~= ARGV[1] then
	return 1
end
local ttl = redis.call("pttl", KEYS[1])
if ttl < 0 then
	return 2
end
if ARGV[3] == "1" and ttl > tonumber(ARGV[2]) then
	return 5
end
redis.call("pexpire", KEYS[1], ARGV[2])
return 0
