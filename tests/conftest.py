"""What all tests share: no network of the libraries' own, and no data outside the test's folder."""

import gc
import os
import sys
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from chat_app.translation import language

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
os.environ.setdefault("WORKFLOW_CHAT_MLFLOW", "off")


# On a busy machine, an example that takes long is no fault.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def _speaks_english() -> Generator[None, None, None]:
    """What a test chooses to speak ends with it: the next one on this worker expects English."""
    yield
    assert language() == "en"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end, so no collection of garbage need walk through it, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What runs as one group begins first, the browser's before all: it is the longest, and mostly waits."""
    items.sort(key=lambda item: 0 if item.get_closest_marker("browser") else 1 if _grouped(item) else 2)


def _grouped(item: pytest.Item) -> bool:
    return item.get_closest_marker("xdist_group") is not None


def pytest_sessionfinish() -> None:
    """Workers of xdist end without Python's farewell, which would clear away what passes with the process."""
    passing = sys.modules.get("chat_app.files.passing")
    if passing is not None:
        passing.clear()
