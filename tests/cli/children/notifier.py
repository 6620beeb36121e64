"""notifier.py [SECONDS]: says READY=1 when the file `gate` is there, STATUS=,
and WATCHDOG=1 every SECONDS until there is a file `hang`."""
import os
import socket
import sys
import time

peer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)


def say(text):
    peer.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])


say("STATUS=warming up")
print("here", flush=True)
while not os.path.exists("gate"):
    time.sleep(0.01)
say("READY=1\nSTATUS=at work")
while sys.argv[1:]:
    time.sleep(float(sys.argv[1]))
    if not os.path.exists("hang"):
        say("WATCHDOG=1")
time.sleep(1000)
