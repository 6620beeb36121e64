#!/usr/bin/env python3
"""procman beside the reference and the other supervisors, in one run.

    cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DPROCMAN_BENCH=ON
    cmake --build build
    tests/bench/bench.py [--quick] [--build build] [--only goreman,hivemind]
                         [--parts throughput,latency,start,idle,control,check]

Runs are interleaved peer by peer and repeated; medians are printed, and beside
them the ratio to the reference (mux.c), which is the speed of light of the
task; for the start it is a bare posix_spawn loop.  Figures of different runs
cannot be compared, ratios of one run can.  CPU is that of the supervisor's own
processes.  Other supervisors are taken from PATH.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time

import peers as everybody
from run import (Failed, Run, adopt_orphans, pss_kib, status_kib, switches)

MIB = 1 << 20
NOTHING = "true"  # a program that does nothing


class Bench:
    def __init__(self, options):
        self.options = options
        self.quick = options.quick
        self.build = os.path.abspath(options.build)
        self.tools = os.path.join(self.build, "bench")
        self.peers = everybody.found(os.path.join(self.build, "procman"),
                                     self.tools, options.only)
        self.repeats = options.repeats or (2 if self.quick else 5)
        self.values = {}
        self.missed = 0

    def tool(self, name, *words):
        return everybody.command_line([os.path.join(self.tools, name),
                                       *map(str, words)])

    # ---- figures ----

    def note(self, key, peer, value):
        self.values.setdefault(key, {}).setdefault(peer, []).append(value)

    def median(self, key, peer):
        kept = self.values.get(key, {}).get(peer, [])
        good = [value for value in kept if not isinstance(value, str)]
        if good:
            return statistics.median(good)
        return kept[0] if kept else None

    def attempt(self, keys, peer, work):
        try:
            work()
        except Failed as failure:
            for key in keys:
                self.note(key, peer, f"fail: {failure}")

    def interleaved(self, work, names=None):
        """work(name, peer, repetition) for all, peer by peer."""
        for repetition in range(self.repeats):
            for name in names or self.peers:
                work(name, self.everyone()[name], repetition)

    def everyone(self):
        return dict(self.peers, **{
            "posix_spawn": everybody.spawn_loop(self.tools)})

    # ---- tables ----

    def table(self, title, unit, keys, goals=None, base="reference",
              names=None):
        """goals: {key: (other, "<=" or ">=", factor)}, or for a plain figure
        (None, "<=", value)."""
        print(f"\n### {title} ({unit})\n")
        names = [name for name in names or self.peers
                 if any(self.median(key, name) is not None for key in keys)]
        head = ["", *names, *(f"procman/{name}" for name in names
                              if name != "procman"), "goal"]
        print("| " + " | ".join(head) + " |")
        print("|---|" + "---:|" * (len(head) - 2) + "---|")
        for key in keys:
            own = self.median(key, "procman")
            cells = [words(self.median(key, name)) for name in names]
            cells += [ratio(own, self.median(key, name)) for name in names
                      if name != "procman"]
            cells.append(", ".join(self.verdict(key, own, goal)
                                   for goal in (goals or {}).get(key, [])))
            print("| " + " | ".join([key[-1], *cells]) + " |")
        sys.stdout.flush()

    def verdict(self, key, own, goal):
        other, relation, factor = goal
        bound = factor
        text = f"{relation} {factor:g}"
        if other:
            text += f" {other}"
            theirs = self.median(key, other)
            if theirs is None:
                return text + " (not here)"
            if isinstance(theirs, str):
                return text + " (it failed)"
            bound = factor * theirs
        good = isinstance(own, (int, float)) and (
            own <= bound if relation == "<=" else own >= bound)
        self.missed += not good
        return text + (" ok" if good else " **MISSED**")

    # ---- throughput and CPU ----

    def throughput_cells(self):
        cells = [(100, sink, writers, "blocks")
                 for sink in ("null", "file", "pipe") for writers in (1, 4, 16)]
        if self.quick:
            return cells + [(20, "pipe", 4, "blocks"),
                            (8192, "pipe", 4, "blocks"),
                            (100, "pipe", 4, "lines")]
        cells += [(length, "pipe", writers, "blocks")
                  for length in (20, 8192) for writers in (1, 4, 16)]
        return cells + [(100, "pipe", 4, "lines")]

    def throughput(self):
        print("\n## Throughput")
        cells = self.throughput_cells()
        keys, amounts = {}, {}
        for cell in cells:
            label = "%d B, %s, %d writers, %s" % cell
            keys[cell] = (("mb", label), ("cpu", label))
            for repetition in range(self.repeats + 1):
                for name, peer in self.peers.items():
                    self.attempt(keys[cell], name, lambda: self.flow(
                        name, peer, cell, keys[cell], amounts,
                        warm_up=repetition == 0))
        mb, cpu = ([keys[cell][i] for cell in cells] for i in (0, 1))
        self.table("Throughput", "MB/s of the children's bytes", mb, {
            key: [("reference", ">=", 0.9)] +
                 [("goreman", ">=", 25)] * (key[1].startswith("100 B, pipe"))
            for key in mb})
        self.table("CPU of the supervisor", "s per GiB", cpu, {
            key: [("reference", "<=", 1.2)] for key in cpu})

    def flow(self, name, peer, cell, keys, amounts, warm_up):
        """The first run finds out how much a run of some length is."""
        length, sink, writers, how = cell
        least = 8 * MIB if self.quick else 16 * MIB
        size = amounts.get((name, cell), least)
        lines = max(100, size // (writers * length))
        entries = [(f"w{i:04x}", self.tool(
            "load", "flood", "-i", i, "-l", length, "-n", lines,
            "-b", 65536 if how == "blocks" else 0)) for i in range(writers)]
        drain = [os.path.join(self.tools, "latency")]
        with Run(peer, entries, sink, drain) as run:
            ends = run.wait_events("done", writers, 60)
            wall = (max(ends) - min(run.events("begin"))) / 1e9
            cpu = run.settled_cpu()
            run.stop()
            if sink == "file":
                self.check_file(name, peer, run, cell, lines)
        total = lines * length * writers
        seconds = 0.3 if self.quick else 1.0
        amounts[name, cell] = int(min(max(least / 4, total / wall * seconds),
                                      1536 * MIB))
        if warm_up:
            return
        self.note(keys[0], name, total / wall / 1e6)
        self.note(keys[1], name, cpu / (total / 1024 / MIB))

    # ---- is every line there? ----

    def check_file(self, name, peer, run, cell, lines):
        with open(run.output, "rb") as output:
            done = subprocess.run(
                [os.path.join(self.tools, "check"), "-l", str(cell[0]),
                 "-n", str(lines), "-w", str(cell[2]), "-p", peer["prefix"]],
                stdin=output, stdout=subprocess.PIPE, check=False)
        said = done.stdout.decode().strip()
        if done.returncode:
            raise Failed(said)
        return said

    def check(self):
        """Exit bursts: all lines in one write, then _exit at once."""
        print("\n## Every line, once, whole, in order\n")
        count = 100 if self.quick else 1000
        lines = 50
        for name, peer in self.peers.items():
            if not peer["burst"] or peer["most"] < count:
                continue
            entries = [(f"w{i:04x}", self.tool(
                "load", "burst", "-i", i, "-l", 100, "-n", lines))
                for i in range(count)]
            with Run(peer, entries, "file") as run:
                try:
                    run.process.wait(60)
                    said = self.check_file(name, peer, run, (100, "", count),
                                           lines)
                except (Failed, subprocess.TimeoutExpired) as failure:
                    said = str(failure)
                    self.missed += name == "procman"
            print(f"- {name}: {count} x write {lines} lines and _exit: {said}")

    # ---- latency ----

    def latency(self):
        print("\n## Latency")
        keys = []
        for floods in (0, 3):
            names = [("latency", f"{floods} floods, {part}")
                     for part in ("p50", "p99")]
            keys += names
            self.interleaved(lambda name, peer, _: self.attempt(
                names, name, lambda: self.beats(name, peer, floods, names)))
        self.table("Latency", "us from the child's write to the reader's read",
                   keys, {key: [("reference", "<=", 1.2)] for key in keys})

    def beats(self, name, peer, floods, keys):
        count, first = (200, 100) if self.quick else (1000, 200)
        reader = [os.path.join(self.tools, "latency"), "-n", str(count),
                  "-s", str(first)]
        entries = [("beat", self.tool("load", "beat",
                                      "-n", count + first + 50))]
        entries += [(f"w{i:04x}", self.tool("load", "flood", "-i", i, "-n", 0))
                    for i in range(floods)]
        with Run(peer, entries, "pipe", reader) as run:
            parts = run.read_reader().split()
        if int(parts[4]) < count:
            raise Failed(f"{parts[4]} of {count} stamps")
        self.note(keys[0], name, float(parts[0]))
        self.note(keys[1], name, float(parts[2]))

    # ---- start, stop, memory ----

    def sizes(self):
        return (1, 100, 2000) if self.quick else (1, 10, 100, 1000, 2000)

    def start(self):
        print("\n## Start, stop, memory")
        names = ["procman", "posix_spawn",
                 *(name for name in self.peers if name != "procman")]
        for count in self.sizes():
            self.interleaved(lambda name, peer, _: self.attempt(
                [("start", str(count))], name,
                lambda: self.start_and_stop(name, peer, count)), names)
        counts = [str(count) for count in self.sizes()]
        self.table("Start", "ms to the first instruction of the last of N",
                   [("start", count) for count in counts],
                   {("start", "2000"): [("posix_spawn", "<=", 1.3)]},
                   names=names)
        self.table("Start", "CPU ms of the supervisor until then",
                   [("start cpu", count) for count in counts], names=names)
        self.table("Stop", "ms from SIGTERM to its exit",
                   [("stop", count) for count in counts if int(count) > 99],
                   {("stop", "2000"): [(None, "<=", 200),
                                       ("posix_spawn", "<=", 1.2)]},
                   names=names)
        self.table("Peak RSS", "KiB, largest process of the supervisor",
                   [("rss", count) for count in counts],
                   {("rss", "1"): [(None, "<=", 4096)],
                    ("rss", "2000"): [(None, "<=", 16384)]}, names=names)
        self.table("PSS", "KiB, all processes of the supervisor",
                   [("pss", count) for count in counts], names=names)
        self.table("PSS", "KiB, the smallest of them (procman: the guard)",
                   [("guard", count) for count in counts],
                   {("guard", count): [(None, "<=", 1024)]
                    for count in counts}, names=["procman"])

    def start_and_stop(self, name, peer, count):
        if count > peer["most"]:
            return
        entries = [(f"w{i:04x}", self.tool("load", "idle"))
                   for i in range(count)]
        with Run(peer, entries) as run:
            begins = run.wait_events("begin", count, 60)
            self.note(("start", str(count)), name,
                      (max(begins) - run.began_ns) / 1e6)
            self.note(("start cpu", str(count)), name,
                      1000 * run.settled_cpu())
            own = run.own()
            pss = sorted(pss_kib(pid) for pid in own)
            self.note(("rss", str(count)), name,
                      max(status_kib(pid, "VmHWM") for pid in own))
            self.note(("pss", str(count)), name, sum(pss))
            self.note(("guard", str(count)), name, pss[0])
            if count > 99:
                self.attempt([("stop", str(count))], name, lambda: self.note(
                    ("stop", str(count)), name, run.stop()))

    # ---- idle ----

    def idle(self):
        print("\n## Nothing happens")
        seconds = 2 if self.quick else 10
        counts = (1, 2000) if self.quick else (1, 100, 1000, 2000)
        for count in counts:
            for name, peer in self.peers.items():
                if count <= peer["most"]:
                    self.attempt([("idle", str(count))], name,
                                 lambda: self.doze(name, peer, count, seconds))
        self.table("Wake-ups", f"voluntary context switches in {seconds} s, "
                   "all processes of the supervisor",
                   [("idle", str(count)) for count in counts],
                   {("idle", str(count)): [(None, "<=", 0)]
                    for count in counts})

    def doze(self, name, peer, count, seconds):
        entries = [(f"w{i:04x}", self.tool("load", "idle"))
                   for i in range(count)]
        with Run(peer, entries) as run:
            run.wait_events("begin", count, 60)
            run.settled_cpu()
            own = run.own()
            before = switches(own)
            time.sleep(seconds)
            self.note(("idle", str(count)), name, switches(own) - before)

    # ---- control ----

    def control(self):
        print("\n## Control")
        calls = 20 if self.quick else 100
        counts = (10,) if self.quick else (10, 100)
        for count in counts:
            for name, peer in self.peers.items():
                if peer["ask"] and count <= peer["most"]:
                    self.attempt([("ask", str(count))], name,
                                 lambda: self.ask(name, peer, count, calls))
        self.table("One status call", "ms as a whole process, N processes; "
                   "beside it a program that does nothing",
                   [("ask", str(count)) for count in counts],
                   {("ask", str(count)): [(None, "<=", 3)]
                    for count in counts},
                   names=["procman", NOTHING,
                          *(name for name in self.peers if name != "procman")])

    def ask(self, name, peer, count, calls):
        entries = [(f"w{i:04x}", self.tool("load", "idle"))
                   for i in range(count)]
        with Run(peer, entries) as run:
            run.wait_events("begin", count, 60)
            words_of_it = peer["ask"](run)
            env = dict(os.environ, XDG_RUNTIME_DIR=run.directory)
            for _ in range(calls):
                for who, command in ((name, words_of_it), (NOTHING, ["true"])):
                    self.note(("ask", str(count)), who,
                              call_ms(command, env, run.directory))


def call_ms(command, env, directory):
    """One call as a whole process; Python's own ways take longer than that."""
    here = os.getcwd()
    os.chdir(directory)
    began = time.monotonic_ns()
    pid = os.posix_spawnp(
        command[0], command, env,
        file_actions=[(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0)
                      for number in (1, 2)])
    _, status = os.waitpid(pid, 0)
    ms = (time.monotonic_ns() - began) / 1e6
    os.chdir(here)
    if status:
        raise Failed(f"{command[0]} ended with {status}")
    return ms


def words(value):
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:.4g}"


def ratio(own, other):
    if isinstance(own, (int, float)) and isinstance(other, (int, float)):
        return f"{own / other:.3g}" if other else "-"
    return "-"


PARTS = ("throughput", "latency", "start", "idle", "control", "check")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--quick", action="store_true",
                        help="small sizes, below two minutes")
    parser.add_argument("--build", default=os.path.join(here, "../../build"))
    parser.add_argument("--only", help="these others, with commas")
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--strict", action="store_true",
                        help="exit code 1 if a goal is missed")
    options = parser.parse_args()

    bench = Bench(options)
    for needed in ("load", "mux", "check", "latency", "spawn"):
        if not os.access(os.path.join(bench.tools, needed), os.X_OK):
            parser.error(f"{bench.tools}/{needed} is not built: configure "
                         "with -DPROCMAN_BENCH=ON")
    adopt_orphans()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print("# bench:", ", ".join(bench.peers), "on", os.cpu_count(), "cores,",
          "Linux", os.uname().release)
    for part in options.parts.split(","):
        if part not in PARTS:
            parser.error(f"no part is called {part}")
        getattr(bench, part)()
    print(f"\n{bench.missed} goals missed")
    sys.exit(1 if options.strict and bench.missed else 0)


if __name__ == "__main__":
    main()
