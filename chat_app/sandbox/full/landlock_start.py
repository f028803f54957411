"""Starts a program of Python in a confined process: `landlock_start.py MEMORY PROCESSES DISK FOLDER TEXT`.

Standard input and output are the program's own. This process only waits; when it is killed, so is what it started.
"""

import signal
import sys
import sysconfig
from pathlib import Path

import sandlock

SYSTEM = ("/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime")
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")


def main() -> int:
    memory, processes, disk, folder, text = sys.argv[1:]
    work, layer = Path(folder) / "work", Path(folder) / "layer"
    work.mkdir()
    layer.mkdir()
    box = sandlock.Sandbox(
        fs_readable=[place for place in (*SYSTEM, *DEVICES, *_python(), str(work)) if Path(place).exists()],
        fs_writable=["/dev/null"],
        workdir=str(work),
        cwd=str(work),
        fs_storage=str(layer),
        max_disk=int(disk),
        on_exit=sandlock.BranchAction.ABORT,
        on_error=sandlock.BranchAction.ABORT,
        max_memory=int(memory),
        max_processes=int(processes),
        max_open_files=256,
        no_coredump=True,
        clean_env=True,
        env={"PYTHONDONTWRITEBYTECODE": "1", "HOME": str(work), "PATH": "/usr/bin:/bin"},
    )
    process = box.popen([sys.executable, "-I", "-c", text])
    signal.signal(signal.SIGTERM, lambda number, frame: process.kill())
    return 0 if process.wait().success else 1


def _python() -> set[str]:
    """Where this Python, its library and its packages lie."""
    own = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    base = Path(sys.base_prefix)
    return own | {
        str(base / "lib"),
        str(base / "bin"),
        str(Path(sys.prefix) / "bin"),
        str(Path(sys.prefix) / "pyvenv.cfg"),
    }


if __name__ == "__main__":
    sys.exit(main())
