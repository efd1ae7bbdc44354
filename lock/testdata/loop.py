"""The loop of a program that takes python-redis-lock and does not wait: acquire(blocking=False) until it succeeds.

It sends what that library sends, and needs nothing installed. Arguments: the server's Unix socket, the lock's name, the
pause after a refusal in seconds. It writes a line when it begins and one for each turn, and ends with its standard input.
"""
import base64
import os
import socket
import sys
import threading
import time

UNLOCK = """
    if redis.call("get", KEYS[1]) ~= ARGV[1] then
        return 1
    else
        redis.call("del", KEYS[2])
        redis.call("lpush", KEYS[2], 1)
        redis.call("pexpire", KEYS[2], ARGV[2])
        redis.call("del", KEYS[1])
        return 0
    end
"""


def end_with_parent():
    sys.stdin.read()
    os._exit(0)


def main(path, name, pause):
    threading.Thread(target=end_with_parent, daemon=True).start()
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    replies = connection.makefile("rb")

    def call(*args):
        words = [str(arg).encode() for arg in args]
        connection.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
        reply = replies.readline().rstrip()
        if reply[:1] == b"-":
            sys.exit(reply.decode())
        return reply

    lock, signal = "lock:" + name, "lock-signal:" + name
    owner = base64.b64encode(os.urandom(18)).decode()
    print("ready", flush=True)
    while True:
        if call("SET", lock, owner, "NX", "EX", 60) != b"+OK":
            time.sleep(pause) if pause else None
            continue
        print("turn", flush=True)
        time.sleep(0.001)
        if call("EVAL", UNLOCK, 2, lock, signal, owner, 1000) != b":0":
            sys.exit("it was not held")


main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
