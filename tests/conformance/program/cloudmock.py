"""A fake cloud: one JSON file per object, plus a call log."""

import json, os, time, uuid, threading

ROOT = os.environ["MOCK_ROOT"]
LOCK = threading.Lock()


def log(*a):
    os.makedirs(ROOT, exist_ok=True)
    with LOCK, open(os.path.join(ROOT, "calls.log"), "a") as f:
        f.write(" ".join(map(str, a)) + "\n")


def path(i):
    return os.path.join(ROOT, i + ".json")


def put(i, d):
    os.makedirs(ROOT, exist_ok=True)
    json.dump(d, open(path(i), "w"))


def get(i):
    try:
        return json.load(open(path(i)))
    except FileNotFoundError:
        return None


def rm(i):
    try:
        os.unlink(path(i))
    except FileNotFoundError:
        pass
