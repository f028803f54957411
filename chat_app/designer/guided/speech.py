"""What the guided designer says: plain words, kept in one place, said in the current language."""

from __future__ import annotations

from collections.abc import Sequence

from chat_app.designer.guided.patterns import Pattern, Slot
from chat_app.translation import joined, joint, mark, tr, tr_count

GREETING = mark(
    "I am the guided designer: I work without any model. Tell me what the workflow should do, for example "
    '"answer questions about a document" or "sort support mails into billing and technical".'
)

HELP = mark("""Tell me what you want, in your own words, and I build it from patterns that are tested. Then change it:

- **add** a translation step after summarise
- **remove**, **rename**, **move** or **replace** a step
- **ask me before** a step runs
- **branch** when the score is below 5
- **repeat** the draft until the score is at least 8, at most 3 times
- do a step **for each** item
- **output** only the summary; add an **input** called language
- **limit** to 2 minutes; **use model** ollama_chat/qwen3
- **undo**, **explain**, **run**, **save as** my_workflow, **start over**""")

STARTED_OVER = mark("Let us start again. What should the workflow do?")
OTHER_WORDS = mark("Then say it in other words: what goes in, what should happen to it, and what should come out?")
LEFT_ALONE = mark("Then nothing is changed.")
TOO_LONG = mark("That is too much for one message. Say a few commands at a time, and put longer text in quotes.")
NO_CHANGE = mark("That is so already; nothing was changed.")
UNCHANGED = mark("Nothing was changed.")
DID_YOU_MEAN = mark("You could say:")
ONLY_THIS = mark("Only the part that I understood.")
BROKEN_DRAFT = mark('The YAML has errors, so I cannot change it by command. Correct it first, or say "undo".')
WOULD_BREAK = mark('I did not do "{clause}", as the workflow would no longer be valid. Nothing was changed.')
IMPOSSIBLE = mark('I could not do "{clause}". Nothing was changed.')
WHY_NOT = mark("The workflow depends on it.")
UNSURE = mark(
    "I am not sure that I can build that. My workflows read, sort, write and check texts and tables; outside this "
    "program they do nothing. This is what I can build:"
)
BUILD_FAILED = mark("The workflow could not be built, so nothing was changed.")

_EXPECTED = {
    "yes_no": mark("yes or no"),
    "labels": mark("two names or more, with commas between them"),
    "names": mark("two names or more, with commas between them"),
    "fields": mark("the fields, with commas between them"),
    "language": mark("a language"),
}


def use(title: str) -> str:
    """What choosing a card says; `title` is the pattern's own."""
    return tr("Use: {title}", title=tr(title))


def not_understood(clause: str, understood: Sequence[str]) -> str:
    """The line when a command is not understood."""
    if understood:
        first = tr('I understood "{this}", but not "{that}".', this=understood[0], that=clause)
    else:
        first = tr('I did not understand "{clause}".', clause=clause)
    return joined((first, tr(UNCHANGED)), " ")


def unclear(patterns: Sequence[Pattern]) -> str:
    """The line when a wish is not understood."""
    return f"{tr(UNSURE)}\n{families(patterns)}"


def no_answer(slot: Slot) -> str:
    """The line when an answer is not understood."""
    expected = (
        tr("a whole number from {least} to {most}", least=slot.minimum, most=slot.maximum)
        if slot.kind == "number"
        else tr(_EXPECTED.get(slot.kind, mark("one of the options")))
    )
    return tr('I did not understand the answer. I expected {expected}; "skip" takes the default.', expected=expected)


def offer(count: int, near: bool) -> str:
    """The line above the cards."""
    if near:
        return tr("I am not sure that I understood. These come nearest; pick one, or say it in other words.")
    if count > 1:
        return tr("This is how I could build it. Pick one, or say it in other words.")
    return tr("Is it this?")


def card_text(pattern: Pattern, sequel: Sequence[str]) -> str:
    """What stands on a card."""
    described = tr(pattern.description)
    return joined((described, tr("Then: {commands}.", commands=joined(sequel, "; "))), " ") if sequel else described


def left_out(commands: Sequence[str]) -> str:
    """The line when parts of a wish could not be carried out on what was built."""
    parts = joined(commands, "; ")
    return tr("I could not do this part of your wish: {parts}. Say it again in other words.", parts=parts)


def chosen(title: str, known: Sequence[str]) -> str:
    """What was chosen, and what the wish already said; `title` is the pattern's own."""
    line = f"**{tr(title)}**{joint('.')}"
    return joined((line, tr("You already told me: {points}.", points=joined(known, "; "))), " ") if known else line


def built(name: str, outline: str, last: str, assumed: int) -> str:
    """The line after a build."""
    parts = [tr("Your workflow `{name}` stands: {outline}.", name=name, outline=outline)]
    if assumed:
        parts.append(
            tr_count(
                "One point was taken for granted; tell me where that is wrong.",
                "{count} points were taken for granted; tell me where that is wrong.",
                assumed,
            )
        )
    parts.append(tr('Say "run" to try it, or change it, for example "ask me before {step}".', step=last))
    return joined(parts, " ")


def families(patterns: Sequence[Pattern]) -> str:
    """What can be built, by family."""
    found: dict[str, list[str]] = {}
    for pattern in patterns:
        found.setdefault(tr(pattern.family), []).append(tr(pattern.title))
    return "\n".join(f"- {joined((f'**{family}**', joined(titles)), ': ')}" for family, titles in found.items())
