"""Says of itself, wherever it can, what would make a terminal do something:

    imposter.py PORT

Its daemon bears such a name, its STATUS= has it, and so has its HTTP answer.  It
says READY=1 when the file `gate` is there.
"""
import os
import signal
import socket
import sys
import time

EVIL = b"\x1b[31m\xc2\x9b1m\x07"


def bear_a_name():
    with open("/proc/self/comm", "wb") as comm:
        comm.write(EVIL + b"\nx")


if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        bear_a_name()
        null = os.open("/dev/null", os.O_RDWR)
        os.dup2(null, 1)
        os.dup2(null, 2)
        signal.pause()
    os._exit(0)
os.wait()

peer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
peer.sendto(b"STATUS=one" + EVIL + b"\xff two\n", os.environ["NOTIFY_SOCKET"])

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while not os.path.exists("gate"):
    time.sleep(0.01)
peer.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
while True:
    connection, _ = listener.accept()
    connection.recv(1000)
    connection.sendall(b"HTTP/1.1 503 not" + EVIL + b"\xff well\r\n\r\n")
    connection.close()
