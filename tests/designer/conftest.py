"""What the tests of both designers share: a scripted server, and models that reach it over a real socket."""

from tests.servers.fixtures import openai_server, real_models  # noqa: F401
