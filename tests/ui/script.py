"""What the scripted model of the browser tests says."""

from __future__ import annotations

from tests.designer.agent.samples import FIRST, ask
from tests.servers.openai_server import Asked, Fails, Reply, Says, as_json


class Script:
    """Asks once, then designs; answers a run's prompt in words; refuses while `refuses` is set.

    What stands in `coming` is answered first.
    """

    def __init__(self) -> None:
        self.turns = 0
        self.refuses = False
        self.coming: list[Reply] = []

    def __call__(self, request: Asked) -> Reply:
        if self.refuses:
            return Fails(401, "wrong key")
        if request.schema is None:
            return Says(
                "Dear customer, your order is on its way.", pieces=("Dear customer, ", "your order is on its way.")
            )
        if self.coming:
            return self.coming.pop(0)
        self.turns += 1
        return as_json(ask()) if self.turns % 2 else as_json(FIRST)
