"""Says which signals it gets, and how often; ends on TERM, unless it is told
to be deaf to it.

    reporter.py [--deaf] [--code N] [--slow SECONDS] [--log FILE]
"""
import argparse
import os
import signal
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("--deaf", action="store_true")
parser.add_argument("--code", type=int, default=0)
parser.add_argument("--slow", type=float, default=0)
parser.add_argument("--log")
options = parser.parse_args()

WATCHED = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT,
           signal.SIGUSR1}
signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)


def say(text):
    os.write(1, f"{text}\n".encode())
    if options.log:
        log = os.open(options.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT,
                      0o644)
        os.write(log, f"{text}\n".encode())
        os.close(log)


say("ready")
while True:
    info = signal.sigwaitinfo(WATCHED)
    say(f"got {signal.Signals(info.si_signo).name}")
    if info.si_signo == signal.SIGTERM and not options.deaf:
        break
if options.slow:
    # Listens on: a second signal would be told, too.
    end = time.monotonic() + options.slow
    while (left := end - time.monotonic()) > 0:
        info = signal.sigtimedwait(WATCHED, left)
        if info:
            say(f"got {signal.Signals(info.si_signo).name}")
sys.exit(options.code)
