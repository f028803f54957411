"""The hosted demo: what it starts from, what one visitor may use, and signing in."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import venv
from collections.abc import AsyncIterator
from dataclasses import replace
from importlib.metadata import packages_distributions
from pathlib import Path

import httpx
import pytest
import yaml

from chat_app.settings import Settings
from chat_app.ui import draft_desk, history_desk, model_desk, run_desk, uploads
from chat_app.ui.allowance import Allowance
from chat_app.ui.page import build_page
from chat_app.ui.sessions import Sessions
from chat_app.ui.workspace import Workspace
from tests.guarded import departures, guarded
from tests.ui.house import House, build_house
from tests.ui.test_desk import GOOD, rested

ROOT = Path(__file__).parents[2]
SPACE = {
    "SYSTEM": "spaces",
    "SPACE_ID": "somebody/workflow-chat",
    "SPACE_HOST": "somebody-workflow-chat.hf.space",
    "OAUTH_CLIENT_ID": "id",
    "OAUTH_CLIENT_SECRET": "secret",
    "OAUTH_SCOPES": "openid profile inference-api",
    "OPENID_PROVIDER_URL": "https://huggingface.co",
}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def pinned(name: str) -> set[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return {
        line.partition("==")[0].lower().replace("_", "-") for line in re.findall(r"^[A-Za-z][^ ;]*==", text, re.M)
    }


def modules_of_development() -> list[str]:
    """The modules that only the development's requirements bring."""
    extra = pinned("requirements-dev.txt") - pinned("requirements.txt")
    found = packages_distributions()
    return sorted(
        module for module, owners in found.items() if {one.lower().replace("_", "-") for one in owners} <= extra
    )


def test_the_demo_starts_as_a_space_from_its_requirements_alone(tmp_path: Path) -> None:
    blocked = modules_of_development()
    assert "pytest" in blocked
    code = f"""
import runpy
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
runpy.run_path("spaces_app.py", run_name="__main__")
"""
    port = free_port()
    process = guarded(code, tmp_path, **SPACE, GRADIO_SERVER_PORT=str(port))
    try:
        assert process.stdout is not None
        # Gradio has a line of its own to say on a Space.
        assert any("workflow-chat is at" in line for line in process.stdout), process.communicate(timeout=20)[1]
        page = httpx.get(f"http://127.0.0.1:{port}/", timeout=30)
        assert page.status_code == 200
        assert "Sign in with Hugging Face" in page.text
    finally:
        process.terminate()
        _, err = process.communicate(timeout=20)
    assert departures(err) == []


@pytest.mark.skipif("WORKFLOW_CHAT_NIGHTLY" not in os.environ, reason="installs everything anew: make nightly")
def test_the_demo_starts_in_an_environment_of_its_own(tmp_path: Path) -> None:
    venv.create(tmp_path / "fresh", with_pip=True)
    python = tmp_path / "fresh" / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "--require-hashes", "-r", ROOT / "requirements.txt"], check=True
    )
    port = free_port()
    data = {"WORKFLOW_CHAT_DATA": str(tmp_path / "data"), "GRADIO_SERVER_PORT": str(port)}
    process = subprocess.Popen(
        [python, "spaces_app.py"], cwd=ROOT, env=os.environ | SPACE | data, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert any("workflow-chat is at" in line for line in process.stdout)
        assert httpx.get(f"http://127.0.0.1:{port}/", timeout=60).status_code == 200
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_the_front_matter_says_what_a_space_needs() -> None:
    head = yaml.safe_load((ROOT / "README.md").read_text(encoding="utf-8").split("---")[1])
    assert head["sdk"] == "gradio"
    assert head["app_file"] == "spaces_app.py"
    assert head["hf_oauth"] is True
    assert "inference-api" in head["hf_oauth_scopes"]
    assert f"gradio=={head['sdk_version']}" in (ROOT / "requirements.txt").read_text(encoding="utf-8")


def test_signing_in_is_offered_on_spaces_only() -> None:
    assert Settings.from_environment(SPACE).sign_in
    assert not Settings.from_environment(SPACE | {"SYSTEM": ""}).sign_in
    assert not Settings.from_environment({name: SPACE[name] for name in ("SYSTEM", "SPACE_ID")}).sign_in


@pytest.fixture
async def shared(tmp_path: Path) -> AsyncIterator[House]:
    bounds = Allowance(designs=1, disk_bytes=1_000_000, upload_bytes=10, runs_at_once=1, draft_characters=2_000)
    made = build_house(tmp_path / "shared", hosted=True, allowance=bounds, pace=0.2)
    yield made
    await made.close()


async def test_a_visitor_has_so_many_designs_and_others_have_theirs(shared: House) -> None:
    mine, other = Workspace("v1", shared.services), Workspace("v2", shared.services)
    for place in (mine, other):
        await draft_desk.typed_yaml(place, GOOD)
        await draft_desk.save(place)
        assert place.saved_as == "greet"
    await draft_desk.typed_yaml(mine, GOOD.replace("name: greet", "name: second"))
    await draft_desk.save(mine)
    assert mine.notice is not None and mine.notice.bad
    assert "Download it" in mine.notice.help
    assert [one.name for one in shared.services.library.designs("v1")] == ["greet"]


async def test_a_visitor_has_so_many_runs_at_once(shared: House) -> None:
    place = Workspace("v1", shared.services)
    await draft_desk.typed_yaml(place, GOOD)
    await run_desk.run(place, {"who": "Ada"})
    first, place.run = place.run, None
    await run_desk.run(place, {"who": "Grace"})
    assert place.run is None
    assert place.notice is not None and "going on" in place.notice.text
    place.run = first
    await run_desk.stop_run(place)
    assert await rested(place) == "stopped"
    await history_desk.again(place, first.run_id if first else "")
    await run_desk.run(place, {"who": "Grace"})
    assert place.run is not first
    await run_desk.stop_run(place)


async def test_a_visitor_has_so_much_room_for_files_and_text(
    shared: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Workspace("v1", shared.services)
    await draft_desk.typed_yaml(place, GOOD + "# long\n" * 400)
    assert place.notice is not None and "longer" in place.notice.text
    assert place.draft == ""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    file = tmp_path / "a.txt"
    file.write_text("eleven bytes")
    with pytest.raises(Exception, match="your files"):
        uploads.take(place, file)
    assert not file.exists()


async def test_signing_in_gives_a_key_of_this_session_and_signing_out_takes_it(house: House) -> None:
    place = Workspace("v1", house.services)
    model_desk.sign_in(place, "hf_canary")
    assert place.keys == {"HF_TOKEN": "hf_canary"}
    assert "hf_canary" not in repr(place)
    model_desk.sign_in(place, None)
    assert place.keys == {}
    # A key that was typed stays.
    place.keys["HF_TOKEN"] = "typed"
    model_desk.sign_in(place, None)
    assert place.keys == {"HF_TOKEN": "typed"}


async def test_the_page_offers_to_sign_in_without_a_public_event(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SPACE.items():
        monkeypatch.setenv(name, value)
        if name.startswith("O"):
            # Gradio reads them when it is imported, which other tests did long ago.
            monkeypatch.setattr(f"gradio.oauth.{name}", value)
    config = build_page(Sessions(replace(house.services, sign_in=True))).get_config_file()
    assert any(one["props"].get("elem_id") == "sign-in" for one in config["components"])
    public = [event["api_name"] for event in config["dependencies"] if event["api_visibility"] == "public"]
    # The button's own events tell who asks nothing but their own name.
    assert all("login" in str(name) for name in public), public
