-- read.lua: sends a command that reads the lock from within a script, which clients send to the master. They may send
-- the bare command to a replica.
--
-- KEYS[1]  lock:<name>, the owner's id
-- ARGV[1]  the command, which takes nothing but the key
-- reply    that of the command
return redis.call(ARGV[1], KEYS[1])
