"""The run store's tables, as this version wants them; older stores are brought here by the migrations.

`events` and `turn_events` are the truth of runs and of design turns. `runs`, `steps`, `finished_steps`,
`model_calls`, `files` and `turns` are folds over them, kept because lists and sums must not read every event.
Finished steps and model calls, of which there are most, stand together as columns: `columns.py` says how.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.sqlite import REAL

REVISION = "0006"
"""The migration that leads to these tables."""

METADATA = MetaData()


def _real() -> Double[float]:
    """Seconds and money: eight bytes everywhere."""
    return Double().with_variant(REAL(), "sqlite")


def _table(name: str, *parts: Column[object] | Index) -> Table:
    return Table(name, METADATA, *parts, sqlite_with_rowid=False)


def _text(name: str, key: bool = False) -> Column[object]:
    return Column(name, Text, primary_key=key, nullable=False)


def _number(name: str, key: bool = False, null: bool = False) -> Column[object]:
    return Column(name, Integer, primary_key=key, nullable=null, autoincrement=False)


def _time(name: str, null: bool = False) -> Column[object]:
    return Column(name, _real(), nullable=null)


def _big(name: str, null: bool = False) -> Column[object]:
    return Column(name, BigInteger().with_variant(Integer(), "sqlite"), nullable=null)


RUNS = _table(
    "runs",
    _text("run_id", key=True),
    _text("owner"),
    _text("workflow"),
    _text("text_sha256"),
    _text("model"),
    _number("simulated"),
    _text("state"),
    _text("message"),
    _time("started_at"),
    _time("ended_at", null=True),
    _number("next_offset"),
    _number("steps"),
    _number("calls"),
    _big("tokens_in", null=True),
    _big("tokens_out", null=True),
    _time("cost_usd", null=True),
    _number("simulated_calls"),
)
Index("runs_of_owner", RUNS.c.owner, RUNS.c.started_at.desc(), RUNS.c.run_id)
Index("runs_by_start", RUNS.c.started_at.desc(), RUNS.c.run_id)

EVENTS = Table(
    "events",
    METADATA,
    _text("run_id", key=True),
    _number("place", key=True),
    _number("until"),
    Column("data", LargeBinary, nullable=False),
)
"""One row for the events of a run that were written together: the first one's offset, that after the last one's, and
their lines."""

STEPS = _table(
    "steps",
    _text("run_id", key=True),
    _text("step", key=True),
    _text("workflow"),
    _text("node"),
    _text("kind"),
    Column("parent", Text, nullable=True),
    _text("state"),
    _time("started_at"),
    _time("seconds", null=True),
    _number("attempts"),
    _text("cause"),
    _text("message"),
    _number("simulated"),
)

"""The steps that are not finished, or came to another end."""

FINISHED_STEPS = Table(
    "finished_steps",
    METADATA,
    _text("run_id", key=True),
    _number("place", key=True),
    _text("workflow"),
    _text("data"),
)
"""One row for the steps of a run that were written together, as columns."""

MODEL_CALLS = Table(
    "model_calls",
    METADATA,
    _text("id", key=True),
    _number("place", key=True),
    _text("source"),
    _time("at"),
    _text("design"),
    _number("calls"),
    _number("simulated"),
    _big("tokens_in"),
    _big("tokens_out"),
    _time("known_usd"),
    _number("unknown"),
    _text("data"),
)
"""One row for the calls of a run or a design turn, of one day, that were written together: the first one's place and
time, sums over what they told, how many did not tell their cost, and the calls as columns."""
Index("model_calls_by_time", MODEL_CALLS.c.at)

FILES = _table(
    "files",
    _text("run_id", key=True),
    _number("place", key=True),
    _text("field", key=True),
    _text("role"),
    _text("node"),
    _text("name"),
    _text("media_type"),
    _text("sha256"),
    _big("size"),
)
Index("files_by_content", FILES.c.sha256)

TEXTS = _table("texts", _text("sha256", key=True), _text("text"))

SOURCES = _table("sources", _text("run_id", key=True), _text("path", key=True), _text("sha256"))
Index("sources_by_content", SOURCES.c.sha256)

DESIGNS = _table(
    "designs",
    _text("owner", key=True),
    _text("name", key=True),
    _number("revisions"),
    _time("saved_at"),
)

REVISIONS = _table(
    "revisions",
    _text("owner", key=True),
    _text("name", key=True),
    _number("number", key=True),
    _time("saved_at"),
    _text("asked"),
    _text("text_sha256"),
)

CONVERSATIONS = _table(
    "conversations",
    _text("id", key=True),
    _text("owner"),
    _text("title"),
    _time("started_at"),
    _time("updated_at"),
    _number("turns"),
)

TURNS = _table(
    "turns",
    _text("conversation", key=True),
    _text("turn", key=True),
    _number("number"),
    _text("designer"),
    _text("model"),
    _time("started_at"),
    _time("seconds", null=True),
    _text("message"),
    _text("state"),
    _text("problem"),
    _number("edits"),
    _number("repairs"),
    _number("valid", null=True),
    _text("text_sha256"),
    _text("prompts"),
)

TURN_EVENTS = Table(
    "turn_events",
    METADATA,
    _text("conversation", key=True),
    _text("turn", key=True),
    _number("place", key=True),
    _time("at"),
    _text("event"),
    _text("data"),
)

TRACES = _table(
    "traces",
    _text("target", key=True),
    _text("kind", key=True),
    _text("id", key=True),
    _number("part", key=True),
    _text("trace"),
    _time("at"),
)
