"""What is known of a model as a designer, in words."""

from __future__ import annotations

from dataclasses import dataclass

from chat_app.designer.agent.budget import Budget
from chat_app.designer.agent.modes import Fitness, Manner, Modes
from chat_app.translation import tr

TASKS = 3
"""How many tasks a probe has."""
NEEDED = Budget().tokens_in + Budget().tokens_out
"""The tokens of the longest prompt and its answer."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How well a model designs, why one thinks so, and what to do about it."""

    fitness: Fitness
    why: str
    how: str = ""

    @property
    def warns(self) -> bool:
        """Whether a person should know before they design with it."""
        return self.fitness in ("weak", "unfit") or bool(self.how)


def verdict_of(name: str, modes: Modes) -> Verdict:
    """What is known of a model, without asking it."""
    manner = modes.of(name)
    by_name = manner.fitness == "unknown" and modes.is_weak(name)
    fitness: Fitness = "weak" if by_name else manner.fitness
    said = [_probed(name, manner), tr("{model} is small by its name.", model=name) if by_name else ""]
    if manner.context:
        said.append(
            tr(
                "It is served with a context of {tokens} tokens and designing needs {needed}: "
                "the beginning of longer prompts is lost.",
                tokens=f"{manner.context:,}",
                needed=f"{NEEDED:,}",
            )
        )
    if fitness == "weak":
        said += [_manner(manner), tr("It gets smaller steps: large wishes may need several rounds.")]
    return Verdict(fitness, " ".join(part for part in said if part), _remedy(name, manner))


def _probed(name: str, manner: Manner) -> str:
    if manner.late:
        return tr(
            "{model} did not finish {count} small design tasks in time: expect to wait for it.",
            model=name,
            count=TASKS,
        )
    match manner.fitness:
        case "unknown":
            return ""
        case "unfit":
            return tr("{model} solved none of the small design tasks.", model=name)
        case _:
            return tr(
                "{model} solved {solved} of {count} small design tasks.",
                model=name,
                solved=manner.solved,
                count=TASKS,
            )


def _manner(manner: Manner) -> str:
    """How it takes what it is asked; nothing where that is not known, or as good as it can be."""
    match manner.mode:
        case "tools" if manner.proven:
            return tr("It answers by tool calls.")
        case "block":
            return tr("It answers without structure and without tools.")
        case _:
            return ""


def _remedy(name: str, manner: Manner) -> str:
    match manner.bound:
        case "server" if name.startswith("ollama"):
            return tr("Start Ollama with OLLAMA_CONTEXT_LENGTH=16384, then try the model again.")
        case "server":
            return tr(
                "Start Ollama with OLLAMA_CONTEXT_LENGTH=16384 and try the model again, or choose it as "
                "ollama_chat/{model}: the app then asks for enough.",
                model=name.partition("/")[2],
            )
        case "app":
            return tr("Set OLLAMA_CONTEXT_LENGTH to 16384 or more where this app is started.")
        case "model":
            return tr("Choose a model that reads more.")
        case _ if manner.fitness == "unfit":
            return tr("Design with another model, or with the guided designer.")
        case _:
            return ""
