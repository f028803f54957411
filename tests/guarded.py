"""Runs Python in a new process in which every look-up and every connection that leaves the machine is told.

The guard hooks Python's audit events, so it sees each library's own attempts too, whatever client they use.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

GUARD = """
import sys, ipaddress
def _local(host):
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        text = host.decode() if isinstance(host, bytes) else host
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
def _guard(event, arguments):
    if event == "socket.getaddrinfo" and not _local(arguments[0]):
        print("LEFT:", arguments[0], file=sys.stderr, flush=True)
    if event == "socket.connect" and isinstance(arguments[1], tuple) and not _local(arguments[1][0]):
        print("LEFT:", arguments[1][0], file=sys.stderr, flush=True)
sys.addaudithook(_guard)
"""


def bare_environment() -> dict[str, str]:
    """This process's environment without what keeps libraries quiet, which the product must set by itself."""
    ours = {"LITELLM_LOCAL_MODEL_COST_MAP", "GRADIO_ANALYTICS_ENABLED", "HF_HUB_OFFLINE"}
    return {name: value for name, value in os.environ.items() if name not in ours and not name.endswith("_API_KEY")}


def guarded(code: str, folder: Path, **environment: str) -> subprocess.Popen[str]:
    """Starts the code in a new process with its data in a folder; standard error tells what left."""
    own = {
        "WORKFLOW_CHAT_DATA": str(folder / "data"),
        "WORKFLOW_CHAT_DESIGNS": str(folder / "designs"),
        "OLLAMA_HOST": "http://127.0.0.1:9",
        "PYTHONUNBUFFERED": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-c", GUARD + code],
        cwd=ROOT,
        env=bare_environment() | own | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def departures(stderr: str) -> list[str]:
    """The hosts that the process tried to reach."""
    return sorted({line.removeprefix("LEFT: ") for line in stderr.splitlines() if line.startswith("LEFT: ")})
