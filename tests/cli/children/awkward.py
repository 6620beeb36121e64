"""A leader whose family is hard to get rid of.

    awkward.py KIND TAG PORT READY

It listens on 127.0.0.1:PORT, and so does whoever it begets: the port is free
only when the last of them is gone.  All bear TAG in their arguments.  When
they are there, the file READY holds the leader's pid.  SIGUSR1 ends the leader
by itself, with code 0, and nobody else.
"""
import os
import signal
import socket
import sys
import time

kind, tag, port, ready = sys.argv[1:5]
BOMB_LIMIT = 200
BOMB_READY = 30
DEAF = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def be_there():
    while True:
        time.sleep(1000)


def leave(*_):
    os._exit(0)


def let_go_of_output():
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null, descriptor)


def say_ready():
    with open(ready + ".new", "w") as file:
        file.write(f"{os.getpid()}\n")
    os.rename(ready + ".new", ready)


def fork_twice(child, *, session=False, quiet=True):
    """Returns when the grandchild, whom nobody is the parent of, is there; an
    exec is over then, for it closes the pipe."""
    read, write = os.pipe()
    if os.fork() == 0:
        if session:
            os.setsid()
        if os.fork() == 0:
            os.close(read)
            signal.signal(signal.SIGUSR1, signal.SIG_DFL)
            if quiet:
                let_go_of_output()
            child(write)
            be_there()
        os._exit(0)
    os.close(write)
    os.wait()
    os.read(read, 1)
    os.close(read)


def arrive(write):
    os.close(write)


def lose_environment(_write):
    os.execve("/bin/sleep", [f"sleep-{tag}", "1000"], {})


def be_deaf(write):
    for number in DEAF:
        signal.signal(number, signal.SIG_IGN)
    os.close(write)


def may_fork(count):
    """One more byte in a file for each process that was made."""
    os.write(count, b".")
    return os.fstat(count).st_size < BOMB_LIMIT


def explode(count):
    """Each of them goes on forking, and flees, until there are 200."""
    while may_fork(count):
        if os.fork() == 0:
            os.setsid()
        time.sleep(0.02)


def move_on(count):
    """Is never twice the same process."""
    while may_fork(count):
        if os.fork() > 0:
            os._exit(0)
        os.setsid()
        time.sleep(0.005)


def beget(what, count):
    if os.fork() == 0:
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)
        let_go_of_output()
        what(count)
        be_there()


def throw_bomb():
    count = os.open(ready + ".count", os.O_RDWR | os.O_CREAT | os.O_APPEND,
                    0o600)
    beget(explode, count)
    beget(move_on, count)
    while os.fstat(count).st_size < BOMB_READY:
        time.sleep(0.005)


signal.signal(signal.SIGUSR1, leave)
signal.signal(signal.SIGTERM, leave)
if int(port):
    listener = socket.create_server(("127.0.0.1", int(port)))
    listener.set_inheritable(True)

if kind == "deaf":
    for number in DEAF:
        signal.signal(number, signal.SIG_IGN)
    fork_twice(be_deaf)
elif kind == "double-fork":
    fork_twice(arrive)
elif kind == "daemon":
    fork_twice(arrive, session=True)
elif kind == "holds-the-pipe":
    fork_twice(arrive, session=True, quiet=False)
elif kind == "no-environment":
    fork_twice(lose_environment, session=True)
elif kind == "bomb":
    throw_bomb()
else:
    assert kind in ("polite", "stopped"), kind

say_ready()
print("ready", flush=True)
if kind == "holds-the-pipe":
    os._exit(0)
if kind == "stopped":
    os.kill(os.getpid(), signal.SIGSTOP)
be_there()
