-- leave.lua: the judge takes in that somebody is about to release a lock.
--
-- KEYS[1]  who is inside, as in enter.lua
-- KEYS[2]  the tally
-- ARGV[1]  the owner's id
-- ARGV[2]  1 if it has written to the resource
-- reply    1 it was still inside, 0 its lease had run out and somebody else has come
if ARGV[2] == "1" then
	redis.call("hincrby", KEYS[2], "written", 1)
end
if redis.call("hget", KEYS[1], "owner") ~= ARGV[1] then
	redis.call("hincrby", KEYS[2], "overtaken", 1)
	return 0
end
redis.call("del", KEYS[1])
return 1
