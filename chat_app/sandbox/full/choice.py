"""Which jail `runtime: full` uses here: the one that the operator names, else the strongest found, else none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

from chat_app.sandbox.full.docker import IMAGE, docker_jail
from chat_app.sandbox.full.jail import Jail, NoJail
from chat_app.sandbox.full.landlock import landlock_jail

Wanted = Literal["auto", "docker", "landlock", "off"]
WANTED: tuple[str, ...] = get_args(Wanted)


@dataclass(frozen=True)
class Jails:
    """The jails of this machine, looked for when the first one is asked for."""

    wanted: Wanted = "auto"
    image: str = IMAGE
    looks: Mapping[str, Callable[[], Jail | NoJail]] | None = field(default=None, repr=False, hash=False)
    """How each is looked for; the strongest first."""

    @cached_property
    def all(self) -> Mapping[str, Jail | NoJail]:
        """Every kind that is known, the strongest first, with why it is not here."""
        looks = self.looks or {"docker": lambda: docker_jail(self.image), "landlock": landlock_jail}
        return {name: look() for name, look in looks.items()}

    @cached_property
    def chosen(self) -> Jail | NoJail:
        """The one in use."""
        if self.wanted == "off":
            return NoJail("the operator has turned it off (WORKFLOW_CHAT_SANDBOX=off)", "Use `runtime: mini`.")
        if self.wanted != "auto":
            return self.all[self.wanted]
        found = [jail for jail in self.all.values() if isinstance(jail, Jail)]
        if found:
            return found[0]
        why = "; ".join(f"{name}: {none.why}" for name, none in self.all.items() if isinstance(none, NoJail))
        return NoJail(f"no sandbox for it was found ({why})", "Use `runtime: mini`, or see `workflow-chat doctor`.")


@dataclass(frozen=True)
class Runtimes(Collection[str]):
    """What code nodes may ask for here; whether there is a jail is found out when `full` is asked for."""

    jails: Jails

    def __contains__(self, name: object) -> bool:
        return name == "mini" or (name == "full" and isinstance(self.jails.chosen, Jail))

    def __iter__(self) -> Iterator[str]:
        return (name for name in ("full", "mini") if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)
