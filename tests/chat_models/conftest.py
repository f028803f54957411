from tests.servers.fixtures import openai_server, real_models  # noqa: F401
