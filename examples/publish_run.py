#!/usr/bin/env python3
"""A backup daemon in one function. Try it: python3 examples/publish_run.py ./backups trades=/etc/hostname accounts=/etc/hosts

With --step it says each change of the disk on standard output, and goes on with every line of standard input.
"""
import hashlib
import json
import os
import sys
import time


def publish_run(root, run_id, sources, step=lambda done: None):
    """Copies the file of each source (name, critical, file) into a run and publishes it; returns the run's directory."""
    running = os.path.join(root, ".running", run_id)
    run = {"backup_format_version": 1, "run_id": run_id, "type": "full", "trigger": "manual", "status": "running",
           "started_at": now(), "finished_at": 0, "error_summary": "", "requested_participants": [], "participants": []}

    # Born under a name with a dot, which is nobody's run: so nobody meets a run without a manifest.
    unborn = os.path.join(root, ".running", "." + run_id)
    os.makedirs(os.path.join(unborn, "participants"))
    step("mkdir")
    replace(os.path.join(unborn, "manifest.json"), run, step)
    move(unborn, running, step)

    failed = []
    for name, critical, file in sources:
        record = {"run_id": run_id, "name": name, "critical": critical, **copy(file, running)}
        step("copy " + name)
        if not record["ok"]:
            failed.append((name, critical))
        replace(os.path.join(running, "participants", name + ".json"), record, step)
        run["participants"].append(name)
        replace(os.path.join(running, "manifest.json"), run, step)

    # The last manifest stands before the run is published: what is in completed/ is final.
    status = "completed" if not failed else "failed" if any(critical for _, critical in failed) else "partial"
    run.update(status=status, finished_at=now(), error_summary=", ".join(name + " failed" for name, _ in failed))
    replace(os.path.join(running, "manifest.json"), run, step)
    os.makedirs(os.path.join(root, status), exist_ok=True)
    move(running, os.path.join(root, status, run_id), step)
    return os.path.join(root, status, run_id)


def copy(file, running):
    """Copies one file, and records the size and the digest of what was read."""
    path, digest, size, started = os.path.basename(file), hashlib.sha256(), 0, now()
    try:
        with open(file, "rb") as source, open(os.path.join(running, path), "xb") as target:
            while chunk := source.read(1 << 20):
                digest.update(chunk)
                size += len(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
    except OSError as reason:
        return {"ok": False, "status": "failed", "started_at": started, "finished_at": now(), "error": str(reason),
                "artifacts": []}
    artifact = {"logical_name": path, "path": path, "size_bytes": size, "sha256": digest.hexdigest()}
    return {"ok": True, "status": "completed", "started_at": started, "finished_at": now(), "error": "",
            "artifacts": [artifact]}


def replace(path, manifest, step):
    """Writes a manifest beside the old one, makes it durable, and renames it over: nobody reads half of one."""
    directory, name = os.path.split(path)
    beside = os.path.join(directory, "." + name)
    with open(beside, "w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    step("write ." + name)
    move(beside, path, step)


def move(source, target, step):
    """Renames, and makes that durable in both directories."""
    os.rename(source, target)
    for directory in {os.path.dirname(source), os.path.dirname(target)}:
        handle = os.open(directory, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
    parent, name = os.path.split(target)
    step("rename to " + os.path.basename(parent) + "/" + name)


def now():
    """Unix seconds."""
    return int(time.time())


def wait(done):
    print(done, flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--step"]
    pairs = [pair.split("=", 1) for pair in words[1:]]
    published = publish_run(words[0], time.strftime("%Y%m%d-%H%M%S-000001", time.gmtime()),
                            [(name, True, file) for name, file in pairs], wait if "--step" in sys.argv else lambda done: None)
    print(published)
