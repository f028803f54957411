"""Starts one of the scripts beside it with hard bounds on time, memory and files.

Run as a script, isolated, with an empty environment: `start.py SCRIPT SECONDS MEGABYTES ADDRESSES`, a job as JSON on
standard input, an answer as JSON on standard output. The scripts import nothing of the app.
"""

from __future__ import annotations

import math
import runpy
import sys

MIB = 1024 * 1024


def confine(seconds: float, megabytes: int, addresses: int) -> None:
    """Bounds that the system holds, under those that the script itself keeps."""
    if sys.platform == "win32":
        return
    import resource

    bounds = {
        resource.RLIMIT_CPU: math.ceil(seconds) + 1,
        # Some engines reserve far more addresses than they ever use.
        resource.RLIMIT_AS: addresses * MIB,
        resource.RLIMIT_DATA: megabytes * MIB,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
    }
    for what, most in bounds.items():
        hard = resource.getrlimit(what)[1]
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, allowed))


if __name__ == "__main__":
    confine(float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    runpy.run_path(sys.argv[1], run_name="__main__")
