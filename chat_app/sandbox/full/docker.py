"""Code in a container: no network, no rights, only a small folder in memory; removed afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from pathlib import Path

from chat_app.sandbox.contract import MIB, CodeLimits
from chat_app.sandbox.full.jail import PROCESSES, WORK_BYTES, Jail, NoJail, Started, memory

IMAGE = "python:3.12-slim"
CLIENT = ("PATH", "HOME", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY")
PATIENCE = 10.0
"""Seconds that Docker gets to say whether it is there."""

STOPS = (
    "the network: the container has none",
    "the host's files, environment and processes: it sees only the image, whose files are read-only",
    "rights: user 65534, all capabilities dropped, no new privileges",
    f"memory (256 MiB or the node's), one CPU, {PROCESSES} processes, {WORK_BYTES // MIB} MiB of files",
    "time: the container is killed at the limit, and removed in any case",
)


def docker_jail(image: str = IMAGE) -> Jail | NoJail:
    """The jail, where a Docker daemon answers and has the image; nothing is pulled unasked."""
    program = shutil.which("docker")
    if program is None:
        return NoJail("Docker is not installed", "Install Docker, or use another sandbox.")
    if not _answers(program, "version", "--format", "{{.Server.Version}}"):
        return NoJail("no Docker daemon answers", "Start Docker, and let this user use it.")
    if not _answers(program, "image", "inspect", "--format", "{{.Id}}", image):
        return NoJail(f"the Docker image {image} is not here", f"Run `docker pull {image}` once.")
    runtime = ("--runtime", "runsc") if _has_gvisor(program) else ()

    def start(text: str, limits: CodeLimits, folder: Path) -> Started:
        name = f"workflow-chat-{uuid.uuid4().hex}"
        command = (program, *_options(name, limits), *runtime, image, "python3", "-I", "-c", text)
        return Started(command, lambda: _remove(program, name), _environment())

    about = f"a Docker container of {image}{' under gVisor' if runtime else ''}"
    return Jail("docker", about, STOPS, start)


def _options(name: str, limits: CodeLimits) -> tuple[str, ...]:
    most = str(memory(limits))
    return (
        *("run", "--rm", "-i", "--pull", "never", "--name", name, "--network", "none", "--read-only"),
        *("--user", "65534:65534", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
        *("--memory", most, "--memory-swap", most, "--cpus", "1", "--pids-limit", str(PROCESSES)),
        *("--ulimit", "core=0", "--ulimit", "nofile=256:256", "--log-driver", "none"),
        *("--tmpfs", f"/tmp:rw,nosuid,nodev,size={WORK_BYTES},mode=1777", "--workdir", "/tmp"),
        *("--env", "HOME=/tmp", "--env", "PYTHONDONTWRITEBYTECODE=1"),
    )


def _answers(program: str, *words: str) -> bool:
    try:
        done = subprocess.run([program, *words], capture_output=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and bool(done.stdout.strip())


def _has_gvisor(program: str) -> bool:
    try:
        told = subprocess.run(
            [program, "info", "--format", "{{json .Runtimes}}"], capture_output=True, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return b'"runsc"' in told.stdout


def _environment() -> dict[str, str]:
    """What the client itself needs; nothing of it reaches the container."""
    return {name: os.environ[name] for name in CLIENT if name in os.environ}


def _remove(program: str, name: str) -> None:
    """Ends the container where its client was killed before it could."""
    subprocess.run([program, "rm", "--force", name], capture_output=True, timeout=60, check=False)
