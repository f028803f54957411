"""What the guided designer says: plain words, kept in one place."""

from __future__ import annotations

from collections.abc import Sequence

from chat_app.designer.guided.patterns import Pattern, Slot
from chat_app.translation import mark

GREETING = mark(
    "I am the guided designer: I work without any model. Tell me what the workflow should do, for example "
    '"answer questions about a document" or "sort support mails into billing and technical".'
)

HELP = """Tell me what you want, in your own words, and I build it from patterns that are tested. Then change it:

- **add** a translation step after summarise
- **remove**, **rename**, **move** or **replace** a step
- **ask me before** a step runs
- **branch** when the score is below 5
- **repeat** the draft until the score is at least 8, at most 3 times
- do a step **for each** item
- **output** only the summary; add an **input** called language
- **limit** to 2 minutes; **use model** ollama_chat/qwen3
- **undo**, **explain**, **run**, **save as** my_workflow, **start over**"""

STARTED_OVER = mark("Let us start again. What should the workflow do?")
OTHER_WORDS = mark("Then say it in other words: what goes in, what should happen to it, and what should come out?")


LEFT_ALONE = mark("Then nothing is changed.")
TOO_LONG = mark("That is too much for one message. Say a few commands at a time, and put longer text in quotes.")
NO_CHANGE = mark("That is so already; nothing was changed.")
DID_YOU_MEAN = mark("You could say:")
ONLY_THIS = mark("Only the part that I understood.")
BROKEN_DRAFT = mark('The YAML has errors, so I cannot change it by command. Correct it first, or say "undo".')
WOULD_BREAK = 'I did not do "{clause}", as the workflow would no longer be valid. Nothing was changed.'
IMPOSSIBLE = 'I could not do "{clause}". Nothing was changed.'
WHY_NOT = mark("The workflow depends on it.")
BUILD_FAILED = mark("The workflow could not be built, so nothing was changed.")


def sure(title: str) -> str:
    """The line when a wish is unmistakable."""
    return f'I read this as: {title}. If it is not, say "something else".'


def not_understood(clause: str, understood: Sequence[str]) -> str:
    """The line when a command is not understood."""
    first = (
        f'I understood "{understood[0]}", but not "{clause}".' if understood else f'I did not understand "{clause}".'
    )
    return f"{first} Nothing was changed."


def unclear(patterns: Sequence[Pattern]) -> str:
    """The line when a wish is not understood."""
    return f"I did not understand all of that. This is what I can build:\n{families(patterns)}"


def no_answer(slot: Slot) -> str:
    """The line when an answer is not understood."""
    expected = {
        "yes_no": "yes or no",
        "number": f"a whole number from {slot.minimum} to {slot.maximum}",
        "labels": "two names or more, with commas between them",
        "names": "two names or more, with commas between them",
        "fields": "the fields, with commas between them",
        "language": "a language",
    }.get(slot.kind, "one of the options")
    return f'I did not understand the answer. I expected {expected}; "skip" takes the default.'


def offer(count: int, near: bool) -> str:
    """The line above the cards."""
    if near:
        return "I am not sure that I understood. These come nearest; pick one, or say it in other words."
    return "This is how I could build it. Pick one, or say it in other words." if count > 1 else "Is it this?"


def card_text(pattern: Pattern, sequel: Sequence[str]) -> str:
    """What stands on a card."""
    return f"{pattern.description} Then: {'; '.join(sequel)}." if sequel else pattern.description


def left_out(commands: Sequence[str]) -> str:
    """The line when parts of a wish could not be carried out on what was built."""
    return f"I could not do this part of your wish: {'; '.join(commands)}. Say it again in other words."


def chosen(title: str, known: Sequence[str]) -> str:
    """What was chosen, and what the wish already said."""
    line = f"**{title}**."
    return f"{line} You already told me: {'; '.join(known)}." if known else line


def built(name: str, outline: str, last: str, assumed: int) -> str:
    """The line after a build."""
    parts = [f"Your workflow `{name}` stands: {outline}."]
    if assumed:
        points = "One point was" if assumed == 1 else f"{assumed} points were"
        parts.append(f"{points} taken for granted; tell me where that is wrong.")
    parts.append(f'Say "run" to try it, or change it, for example "ask me before {last}".')
    return " ".join(parts)


def families(patterns: Sequence[Pattern]) -> str:
    """What can be built, by family."""
    found: dict[str, list[str]] = {}
    for pattern in patterns:
        found.setdefault(pattern.family, []).append(pattern.title)
    return "\n".join(f"- **{family}**: {', '.join(titles)}" for family, titles in found.items())
