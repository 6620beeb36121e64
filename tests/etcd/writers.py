"""Clients that write all the time, and fail over."""

import base64
import json
import threading
import time

from world import fetch, wait_for

QUOTED = base64.b64encode


class Writer(threading.Thread):
    """Puts one value after another, each at the next member if one does not
    take it, and has failed if nobody has within five seconds.

    A leader that hands over forgets the puts that followers have passed on to
    it, and the followers say so after 7 s: who waits for that has failed.  So
    it asks somebody else after half a second."""

    def __init__(self, endpoints, first):
        super().__init__(daemon=True)
        self.endpoints = endpoints
        self.first = first  # the member it prefers
        self.over = threading.Event()
        self.longest = 0.0
        self.written = self.failed = 0

    def put(self, number):
        body = json.dumps({
            "key": QUOTED(f"writer{self.first}".encode()).decode(),
            "value": QUOTED(str(number).encode()).decode()}).encode()
        deadline = time.monotonic() + 5
        turn = self.first
        while time.monotonic() < deadline:
            endpoint = self.endpoints[turn % len(self.endpoints)]
            status, _ = fetch(f"http://{endpoint}/v3/kv/put", body,
                              timeout=0.5)
            if status == 200:
                return True
            turn += 1
        return False

    def run(self):
        while not self.over.is_set():
            began = time.monotonic()
            if self.put(self.written + self.failed + 1):
                self.written += 1
            else:
                self.failed += 1
            self.longest = max(self.longest, time.monotonic() - began)

    def finish(self):
        self.over.set()
        self.join(30)
        assert not self.is_alive()


class Writers:
    """One for each endpoint, from before until after."""

    def __init__(self, endpoints):
        self.all = [Writer(endpoints, first)
                    for first in range(len(endpoints))]

    def __enter__(self):
        for writer in self.all:
            writer.start()
        self.wait_for_more()
        return self

    def wait_for_more(self):
        before = [writer.written for writer in self.all]
        wait_for("more values of all writers",
                 lambda: all(writer.written > count + 3 for writer, count
                             in zip(self.all, before)), 20)

    def __exit__(self, *problem):
        if not problem[0]:
            self.wait_for_more()
        for writer in self.all:
            writer.finish()

    def failed(self):
        return sum(writer.failed for writer in self.all)
