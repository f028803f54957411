"""The manual of diagnostics: made from the golden cases, so that it says what the checker really says."""

from __future__ import annotations

import re
from pathlib import Path

from chat_app.resources import folder
from chat_app.workflow.codes import CODES
from chat_app.workflow.names import nearest

_HEAD = """# Diagnostics

Every finding of the checker: what it means, a workflow that has it, what the checker says, and the same
workflow put right. `workflow-chat explain CODE` prints one section. This page is made from the golden cases
of the tests; a test holds that it does not drift.
"""


class UnknownCode(KeyError):
    """No finding has this code; `nearest` is the code most like it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.nearest = nearest(code, CODES)

    def __str__(self) -> str:
        hint = f" Did you mean `{self.nearest}`?" if self.nearest else f" Codes are: {', '.join(CODES)}."
        return f"There is no diagnostic `{self.code}`.{hint}"


def explain(code: str) -> str:
    """The manual's section on a code; raises UnknownCode."""
    if code not in CODES:
        raise UnknownCode(code)
    page = folder("docs") / "diagnostics.md"
    found = None
    if page.is_file():
        text = page.read_text(encoding="utf-8")
        found = re.search(rf"^## {re.escape(code)}\n.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found.group().rstrip() + "\n" if found else f"## {code}\n\n{CODES[code]}\n"


def manual(cases: Path) -> str:
    """The whole manual, from the folder of the golden cases."""
    sections = [_HEAD, *(_section(code, meaning, cases / code) for code, meaning in CODES.items())]
    return "\n".join(sections)


def _section(code: str, meaning: str, case: Path) -> str:
    parts = [f"## {code}\n\n{meaning}\n"]
    faulty = code != "derived-order"
    bad, said, good = case / "bad.yaml", case / "bad.out", case / "good.yaml"
    for beside in sorted((case / "files").glob("*.yaml")):
        text = beside.read_text(encoding="utf-8")
        parts.append(f"With `{beside.name}` beside it:\n\n```yaml\n{text.rstrip()}\n```\n")
    if bad.is_file() and said.is_file():
        wrong = bad.read_text(encoding="utf-8", errors="replace")
        parts.append(f"{'Wrong' if faulty else 'Without edges'}:\n\n```yaml\n{wrong.rstrip()}\n```\n")
        parts.append(f"The checker says:\n\n```text\n{said.read_text(encoding='utf-8').rstrip()}\n```\n")
    if good.is_file():
        right = good.read_text(encoding="utf-8").rstrip()
        parts.append(f"{'Right' if faulty else 'The same in full'}:\n\n```yaml\n{right}\n```\n")
    return "\n".join(parts)
