"""The escape battery: each program tries to get out or to do harm, and must fail."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_app.sandbox.contract import CodeLimits
from chat_app.sandbox.errors import CodeError
from chat_app.sandbox.mini import run_mini

CANARY = "canary-7d1f-do-not-leak"
LIMITS = CodeLimits(seconds=1, sleep_seconds=0.2)


@pytest.fixture
def loopback() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.fixture(autouse=True)
def canaries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    secret = tmp_path / "secret.txt"
    secret.write_text(CANARY)
    return secret


def files_in(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


ATTACKS = {
    "read a file": "x = open('{secret}').read()",
    "read a file by pathlib": "import pathlib\nx = pathlib.Path('{secret}').read_text()",
    "read a file by a relative way": "x = open('../../../../../../{secret}').read()",
    "list a folder": "import os\nx = os.listdir('{folder}')",
    "read the environment": "import os\nx = os.environ['OPENAI_API_KEY']",
    "getenv": "import os\nx = os.getenv('OPENAI_API_KEY') or 1 / 0",
    "read the environment by proc": "x = open('/proc/self/environ').read()",
    "read the parent's environment": "x = open('/proc/{pid}/environ').read()",
    "write a file": "open('{folder}/made.txt', 'w').write('x')\nx = 1",
    "append to a file": "open('{secret}', 'a').write('harm')\nx = 1",
    "make a link": "import os\nos.symlink('/etc/passwd', '{folder}/link')\nx = 1",
    "remove a file": "import os\nos.remove('{secret}')\nx = 1",
    "rename a file": "import pathlib\npathlib.Path('{secret}').rename('{folder}/gone')\nx = 1",
    "open a socket": "import socket\nsocket.create_connection(('127.0.0.1', {port}))\nx = 1",
    "open a socket by asyncio": "import asyncio\nawait asyncio.open_connection('127.0.0.1', {port})\nx = 1",
    "fetch by urllib": "import urllib.request\nx = urllib.request.urlopen('http://127.0.0.1:{port}').read()",
    "run a program": "import subprocess\nx = subprocess.check_output('id')",
    "run a program by os": "import os\nx = os.system('touch {folder}/made.txt')",
    "run a program by asyncio": "import asyncio\nawait asyncio.create_subprocess_exec('id')\nx = 1",
    "fork": "import os\nwhile True: os.fork()",
    "kill the app": "import os\nos.kill({pid}, 9)\nx = 1",
    "ctypes": "import ctypes\nx = ctypes.string_at(0)",
    "import by name": "x = __import__('os').environ",
    "importlib": "import importlib\nx = importlib.import_module('subprocess')",
    "builtins": "x = __builtins__['open']('{secret}').read()",
    "subclasses": "x = ().__class__.__base__.__subclasses__()",
    "type's base": "x = type(()).__base__.__subclasses__()",
    "globals of a function": "def f(): pass\nx = f.__globals__['__builtins__']",
    "code of a function": "def f(): pass\nx = f.__code__.co_consts",
    "frames": "import sys\nx = sys._getframe(1).f_globals",
    "frame of an error": "try:\n    1 / 0\nexcept Exception as e:\n    x = e.__traceback__.tb_frame.f_back",
    "generator frame": "g = (i for i in [1])\nx = g.gi_frame.f_back",
    "attrgetter": "import operator\nx = operator.attrgetter('__class__.__base__')(())",
    "format string": "def f(): pass\nx = '{{0.__globals__}}'.format(f)",
    "object of an error": "try:\n    [].nope\nexcept AttributeError as e:\n    x = e.obj.__class__.__mro__",
    "name mangling": "class A:\n    def f(self): return self.__class__\nx = A().f().__subclasses__()",
    "getattr": "x = getattr((), '__cla' + 'ss__')",
    "eval": "x = eval(\"().__class__.__base__\")",
    "exec": "exec(\"import subprocess\")\nx = 1",
    "compile": "x = compile('1', 'a', 'exec')",
    "pickle": "import pickle\nx = pickle.loads(b\"cos\\nsystem\\n(S'id'\\ntR.\")",
    "modules": "import sys\nx = sys.modules['os'].environ",
    "a module's own imports": "import json\nx = json.decoder.scanner.sys.modules",
    "breakpoint": "breakpoint()\nx = 1",
    "help": "x = help()",
    "state's class": "x = type(state).__init__.__globals__",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(ATTACKS))
async def test_the_attacker_fails(
    name: str, canaries: Path, loopback: socket.socket, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = canaries.parent
    code = ATTACKS[name].format(secret=canaries, folder=folder, pid=os.getpid(), port=loopback.getsockname()[1])
    with pytest.raises(CodeError) as raised:
        result = await run_mini(code, {"mine": 1}, ["x"], LIMITS)
        pytest.fail(f"it ran: {result}")
    told = raised.value
    assert CANARY not in f"{told.message} {told.help} {told.printed} {told.__cause__}"
    assert files_in(folder) == {"secret.txt": CANARY}
    with pytest.raises(BlockingIOError):
        loopback.accept()
    assert CANARY not in "".join(capfd.readouterr())


def test_the_process_has_an_empty_environment() -> None:
    """Were the interpreter itself broken out of, there would be no key to find."""
    from pydantic_monty import Monty

    with Monty(max_processes=1) as pool, pool.checkout() as session:
        environment = Path(f"/proc/{session.worker_pid}/environ")
        if not environment.parent.exists():
            pytest.skip("this system shows no processes in /proc")
        assert environment.read_bytes() == b""


async def test_the_app_lives_on_after_all_of_it() -> None:
    assert (await run_mini("x = 1", {}, ["x"])).values == {"x": 1}
