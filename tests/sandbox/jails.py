"""The jails for `runtime: full` that this machine offers."""

from __future__ import annotations

from chat_app.sandbox.full.choice import Jails
from chat_app.sandbox.full.jail import Jail

JAILS: dict[str, Jail] = {name: jail for name, jail in Jails().all.items() if isinstance(jail, Jail)}
