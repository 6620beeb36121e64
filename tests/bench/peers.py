"""Who is compared: how each one is started with a Procfile, and asked.

A peer is a plain dictionary:
    start(run)    the command that starts the Procfile in run.directory
    ask(run)      the command of one control call, or None
    prefix        what stands before a line (check's -p; NAME is the name)
    most          more processes than that are not asked of it
    burst         its session goes on when one process ends
"""

import json
import os
import shlex
import shutil


def _goreman(run, *words):
    return ["goreman", "-f", "Procfile", "-p", str(run.port), *words]


def _compose_file(run):
    """process-compose reads YAML, of which JSON is a part."""
    processes = {name: {"command": command} for name, command in run.entries}
    with open(os.path.join(run.directory, "compose.yaml"), "w") as file:
        json.dump({"version": "0.5", "processes": processes}, file)


def _process_compose(run):
    _compose_file(run)
    return ["process-compose", "-f", "compose.yaml", "-t=false",
            "-p", str(run.port), "up"]


def _concurrently(run):
    names = ",".join(name for name, _ in run.entries)
    return ["concurrently", "--raw=false", "--names", names,
            *(command for _, command in run.entries)]


def _foreman(run):
    return ["foreman", "start", "-f", "Procfile"]


CLOCK = "^[0-9]{2}:[0-9]{2}:[0-9]{2} "

OTHERS = {
    "goreman": {
        "start": lambda run: _goreman(run, "start"),
        "ask": lambda run: _goreman(run, "run", "status"),
        "prefix": CLOCK + r" *NAME \| $", "most": 2000, "burst": True},
    "hivemind": {
        "start": lambda run: ["hivemind", "Procfile"],
        "ask": None, "prefix": r"^NAME *\| $", "most": 2000, "burst": False},
    "overmind": {
        "start": lambda run: ["overmind", "start", "-f", "Procfile",
                              "-s", "overmind.sock"],
        "ask": lambda run: ["overmind", "ps", "-s", "overmind.sock"],
        "prefix": r"^NAME *\| $", "most": 100, "burst": False},
    "foreman": {
        "start": _foreman,
        "ask": None, "prefix": CLOCK + r"NAME\.1 *\| $", "most": 100,
        "burst": False},
    "honcho": {
        "start": lambda run: ["honcho", "-f", "Procfile", "start"],
        "ask": None, "prefix": CLOCK + r"NAME\.1 *\| $", "most": 100,
        "burst": False},
    "process-compose": {
        "start": _process_compose,
        "ask": lambda run: ["process-compose", "-p", str(run.port), "process",
                            "list"],
        "prefix": r"^\[NAME.*\] $", "most": 2000, "burst": True},
    "concurrently": {
        "start": _concurrently,
        "ask": None, "prefix": r"^\[NAME\] $", "most": 100, "burst": True},
}


def procman(program):
    return {
        "start": lambda run: [program, "-f", "Procfile", "start"],
        "ask": lambda run: [program, "-f", "Procfile", "status"],
        "prefix": CLOCK + r" *NAME \| $", "most": 10000, "burst": True}


def reference(tools):
    return {
        "start": lambda run: [os.path.join(tools, "mux"), "Procfile"],
        "ask": None, "prefix": CLOCK + r" *NAME \| $", "most": 10000,
        "burst": True}


def spawn_loop(tools):
    return {
        "start": lambda run: [os.path.join(tools, "spawn"), "Procfile"],
        "ask": None, "prefix": "", "most": 10000, "burst": False}


def found(program, tools, only):
    """All that can run here, procman and the reference first."""
    peers = {"procman": procman(program), "reference": reference(tools)}
    for name, peer in OTHERS.items():
        if shutil.which(name):
            peers[name] = peer
    if only:
        peers = {name: peers[name] for name in peers
                 if name in ("procman", "reference", *only.split(","))}
    return peers


def command_line(words):
    return " ".join(shlex.quote(word) for word in words)
