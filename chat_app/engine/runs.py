"""The rows of runs: all that is needed to show a run, and to go on with it in another process."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from chat_app.engine.cache import StoredCache
from chat_app.engine.errors import DamagedCheckpoint, damaged
from chat_app.engine.spent import Spent
from chat_app.engine.store import Store
from chat_app.engine.summed import summed, unsummed
from chat_app.events.record import DurableRecorder
from chat_app.events.run import Question, StepId
from chat_app.events.value import asdict
from chat_app.workflow.document import Limits

State = Literal["running", "waiting", "finished", "failed", "stopped", "limit", "interrupted"]
"""`interrupted`: its process died while it ran; it can be resumed."""

_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_HOLDING = (
    "SELECT data FROM runs",
    "SELECT data FROM journal",
    "SELECT writes FROM cache",
    "SELECT checkpoint FROM checkpoints",
    "SELECT value FROM writes",
)
"""Where references to files may stand."""

NO_ANSWERS: Mapping[StepId, Any] = {}
ANSWER, STEP, STEPS, POSITION, BEGUN = "answer", "step", "steps", "position", "begun"
"""Kinds of rows in the journal; `steps` holds all that ended in one turn of the loop, under the first one's id.

`begun` says that nodes have ended, where only the record tells which.
"""


@dataclass(frozen=True)
class RunStatus:
    """A run as it stands. No keys are in it."""

    run_id: str
    owner: str
    workflow: str
    state: State
    created: float
    updated: float
    text: str = ""
    """The workflow's text as it was when the run started."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The texts of the files that it uses, as they were then, by their path in its folder."""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    model: str | None = None
    questions: tuple[Question, ...] = ()
    """What is open while the run waits."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    """Why it failed or stopped."""
    limits: Mapping[str, Any] = field(default_factory=dict)
    """Limits given with a resume."""
    spent: Mapping[str, Any] = field(default_factory=dict)
    next_offset: int = 0
    process: str = ""
    """The process that runs it."""
    rerun_of: str | None = None
    """The run that it repeats, taking over what would come to the same."""
    anew: str | None = None
    """The node that a rerun does again in any case."""
    recorded: bool = False
    """Whether its record may tell of more than the position saved last."""

    @property
    def mark(self) -> tuple[object, ...]:
        """Another one with each stretch of the run and each answer, whichever process they happen in."""
        running = self.state in ("running", "interrupted")
        return self.process, running, self.next_offset, tuple(question.step for question in self.questions)


class RunRows:
    """Reads and writes the rows of runs, their answers and the steps done inside maps."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def save(self, run: RunStatus) -> None:
        """Writes a run's row, whole; of a finished run, drops what only a resume would need."""
        row = _row(run)

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?)", row)
            if run.state == "finished":
                connection.execute("DELETE FROM journal WHERE run_id = ?", (run.run_id,))
                connection.execute("DELETE FROM checkpoints WHERE thread_id = ?", (run.run_id,))
                connection.execute("DELETE FROM writes WHERE thread_id = ?", (run.run_id,))

        await self._store.do(write)

    async def take(
        self, run: RunStatus, seen: RunStatus | None, process: str, answers: Mapping[StepId, Any] = NO_ANSWERS
    ) -> bool:
        """Writes a run's row and answers, if the row is still as it was seen (None: there was none).

        False, and nothing is written: another process was faster.
        """
        row = _row(run)
        kept = [(run.run_id, step, ANSWER, summed(values, ANSWER, step)) for step, values in answers.items()]

        def write(connection: sqlite3.Connection) -> bool:
            there = connection.execute("SELECT data FROM runs WHERE run_id = ?", (run.run_id,)).fetchone()
            if not as_seen(None if there is None else _run(run.run_id, there[0]), seen, process):
                return False
            connection.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?)", row)
            connection.executemany("INSERT OR REPLACE INTO journal VALUES (?, ?, ?, ?)", kept)
            return True

        return await self._store.do(write)

    def load(self, run_id: str) -> RunStatus | None:
        """A run's row; raises DamagedCheckpoint."""
        rows = self._read("SELECT data FROM runs WHERE run_id = ?", run_id)
        return _run(run_id, rows[0][0]) if rows else None

    def of_owner(self, owner: str) -> list[RunStatus]:
        """An owner's runs, the newest first."""
        query = f"SELECT {_LISTED} FROM runs WHERE owner = ? ORDER BY created DESC, rowid DESC"
        return [_listed(*row) for row in self._read(query, owner)]

    def running(self) -> list[RunStatus]:
        """The runs that have not come to rest, in this process or another, the newest first."""
        query = f"SELECT {_LISTED} FROM runs WHERE status = 'running' ORDER BY created DESC"
        return [_listed(*row) for row in self._read(query)]

    def begun(self, run_id: str) -> bool:
        """Whether a node of a run has ended: the first is noted, whatever else tells of it."""
        query = (
            "SELECT EXISTS (SELECT 1 FROM checkpoints WHERE thread_id = ?)"
            f" OR EXISTS (SELECT 1 FROM journal WHERE run_id = ? AND kind != '{ANSWER}')"
        )
        return bool(self._read(query, run_id, run_id)[0][0])

    def beginning(self, beginning: str) -> list[str]:
        """The ids that begin so, the newest first."""
        query = "SELECT run_id FROM runs WHERE substr(run_id, 1, ?) = ? ORDER BY created DESC, rowid DESC"
        return [run_id for (run_id,) in self._read(query, len(beginning), beginning)]

    def put(self, run_id: str, step: StepId, kind: str, data: Any) -> asyncio.Future[object]:
        """Keeps what a step came to, or how far a run has come; true once that is awaited."""
        row = (run_id, step, kind, summed(data, kind, step))
        return self._store.add(
            lambda connection: connection.execute("INSERT OR REPLACE INTO journal VALUES (?, ?, ?, ?)", row)
        )

    async def kept(self, run_id: str) -> dict[str, dict[StepId, Any]]:
        """All that was kept, by kind and step."""
        query = "SELECT kind, step, data FROM journal WHERE run_id = ?"
        rows = await self._store.do(lambda connection: connection.execute(query, (run_id,)).fetchall())
        found: dict[str, dict[StepId, Any]] = {ANSWER: {}, STEP: {}, POSITION: {}}
        try:
            for kind, step, data in rows:
                value = unsummed(data, kind, step)
                if kind == STEPS:
                    found[STEP].update(value)
                else:
                    found.setdefault(kind, {})[step] = value
        except (ValueError, TypeError, RecursionError) as error:
            raise damaged(run_id, error) from error
        return found

    def cache(self, owner: str) -> StoredCache:
        """The results that an owner's runs share."""
        return StoredCache(self._store, owner)

    async def note_row(self, batch: str, place: int, run_id: str) -> str:
        """Says which run belongs to a row of a batch, unless another process has said it: the one that does."""

        def write(connection: sqlite3.Connection) -> str:
            connection.execute("INSERT OR IGNORE INTO batches VALUES (?, ?, ?)", (batch, place, run_id))
            query = "SELECT run_id FROM batches WHERE batch = ? AND place = ?"
            return str(connection.execute(query, (batch, place)).fetchone()[0])

        return await self._store.do(write)

    async def rows_of_batch(self, batch: str) -> dict[int, str]:
        """The runs of a batch, by row."""
        query = "SELECT place, run_id FROM batches WHERE batch = ?"
        return dict(await self._store.do(lambda connection: connection.execute(query, (batch,)).fetchall()))

    def digests(self) -> set[str]:
        """Every digest that a run, its answers, steps and positions, or a kept result holds: of files, and others."""

        def read(connection: sqlite3.Connection) -> set[str]:
            found: set[str] = set()
            for query in _HOLDING:
                for (data,) in connection.execute(query):
                    text = data.decode("latin-1") if isinstance(data, bytes) else data
                    found.update(_DIGEST.findall(text))
            return found

        return self._store.read(read)

    async def forget(self, run_ids: Sequence[str]) -> None:
        """Takes runs out, with all that a resume of them would need."""

        def delete(connection: sqlite3.Connection) -> None:
            for table, key in (("journal", "run_id"), ("checkpoints", "thread_id"), ("writes", "thread_id")):
                connection.executemany(f"DELETE FROM {table} WHERE {key} = ?", [(run_id,) for run_id in run_ids])
            connection.executemany("DELETE FROM runs WHERE run_id = ?", [(run_id,) for run_id in run_ids])

        await self._store.do(delete)

    def _read(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        def read(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
            return connection.execute(query, values).fetchall()

        return self._store.read(read)


class StoredJournal:
    """The journal of one run: what was kept of it before, then kept in memory and in the store."""

    def __init__(
        self,
        rows: RunRows,
        run_id: str,
        saved: Callable[[str], None],
        kept: Mapping[str, Mapping[StepId, Any]],
        record: DurableRecorder | None = None,
    ) -> None:
        """`record` keeps the run's events: a position that they lead to need not be saved beside them."""
        self._rows = rows
        self._record = record
        self._lost = None if record is None else record.lost()
        self._exact: Mapping[str, Any] = {}
        """The state as it was when the record could tell all of it."""
        self.behind = False
        """Whether the position saved last is not the run's last."""
        self._run_id = run_id
        self._saved = saved
        self._done: dict[StepId, Mapping[str, Any]] = dict(kept.get(STEP, {}))
        self.get = self._done.get
        """What a step came to before this stretch of the run, if it was done."""
        self._position = kept.get(POSITION, {}).get("")
        self._ended: dict[StepId, Mapping[str, Any]] = {}
        """The steps that have ended in this turn of the loop."""
        self._written: list[asyncio.Future[None]] = []
        """Who waits until they are on disk."""

    def put(self, step: StepId, outcome: Mapping[str, Any]) -> asyncio.Future[None]:
        """A step is done; true once that is awaited, whatever happens to the process."""
        self._done[step] = outcome
        loop = asyncio.get_running_loop()
        if not self._ended:
            # A record may write at the end of this turn; after a kill it must tell of every step that counts as
            # done. And all that end in one turn are written at once: a map's items cost no write each.
            loop.call_soon(self._write_ended)
        written = loop.create_future()
        self._ended[step] = outcome
        self._written.append(written)
        return written

    def _write_ended(self) -> None:
        ended, self._ended = self._ended, {}
        waiting, self._written = self._written, []
        try:
            writing = self._rows.put(self._run_id, next(iter(ended)), STEPS, ended)
        except (ValueError, TypeError, RecursionError) as error:
            # JSON cannot hold it.
            _tell(waiting, error)
            return
        writing.add_done_callback(lambda done: _tell(waiting, done.exception()))

    def position(self) -> Any:
        """The position saved last, if one is."""
        return self._position

    async def save(self, position: Any, *, whole: bool = False) -> None:
        """The run has come this far; true from here on. With `whole`, it is saved whatever the record tells."""
        first = self._position is None
        self._position, self.behind = position, True
        if whole or not await self._told(position["state"]):
            await self.rest()
        elif first:
            # Who finds this, and no record, knows that there was one.
            await self._rows.put(self._run_id, "", BEGUN, True)
        self._saved(f"after-{sum(position['ran'].values()) - len(position['round'])}")

    async def rest(self) -> None:
        """Saves the run's last position, if only the record tells it."""
        if self.behind:
            await self._rows.put(self._run_id, "", POSITION, self._position)
            self.behind = False

    async def _told(self, state: Mapping[str, Any]) -> bool:
        """Whether the record has kept all that leads to a state, so that it can be read as it is."""
        record, known = self._record, self._exact
        if record is None:
            return False
        for name, value in state.items():
            if known.get(name) is not value and not record.exact(value):
                return False
        self._exact = state
        before, self._lost = self._lost, await record.kept()
        return before is not None and before == self._lost


def as_seen(there: RunStatus | None, seen: RunStatus | None, process: str) -> bool:
    """Whether no other process has touched a run since it was seen."""
    if there is None or seen is None:
        return there is seen
    # What this process runs is its own, even where the end of a stretch found no room on the disk.
    return there.mark == seen.mark or (there.process == process and there.state == "running")


def _tell(waiting: Sequence[asyncio.Future[None]], error: BaseException | None) -> None:
    for one in waiting:
        if one.done():
            continue
        if error is not None:
            one.set_exception(error)
        else:
            one.set_result(None)


_NAMES = tuple(one.name for one in fields(RunStatus))


def _row(run: RunStatus) -> tuple[Any, ...]:
    told = {name: getattr(run, name) for name in _NAMES}
    told["questions"] = [asdict(question) for question in run.questions]
    return run.run_id, run.owner, run.created, run.state, run.process, summed(told, run.run_id)


def _run(run_id: str, data: str) -> RunStatus:
    try:
        if not data.isascii():
            raise ValueError("its bytes have changed")
        values = unsummed(data, run_id)
        questions = tuple(Question(**question) for question in values.pop("questions"))
        run = RunStatus(**values, questions=questions)
        _check(run)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise damaged(run_id, error) from error
    return run


def _kind(hint: Any) -> Any:
    """What every value of a type is an instance of."""
    origin = get_origin(hint)
    if origin is Literal:
        return str
    if origin is None or origin is UnionType:
        return float | int if hint is float else hint
    return origin


_KINDS: dict[type, dict[str, Any]] = {
    kind: {name: _kind(hint) for name, hint in get_type_hints(kind).items()} for kind in (RunStatus, Question)
}
_STATES = frozenset(get_args(State))


def _check(run: RunStatus) -> None:
    """Raises TypeError or ValueError at a part that reads as JSON and is not what it should be."""
    for part in (run, *run.questions):
        for name, kind in _KINDS[type(part)].items():
            if not isinstance(getattr(part, name), kind):
                raise TypeError(f"`{name}` is something else")
    if run.state not in _STATES or not all(isinstance(text, str) for text in run.files.values()):
        raise ValueError("`state` or `files` is something else")
    # Only numbers can be compared with numbers.
    Spent(**run.spent).at_least(Spent())
    Limits(**run.limits)


_LISTED = "run_id, owner, created, data"


def _listed(run_id: str, owner: str, created: float, data: str) -> RunStatus:
    """A run among others: one whose row is damaged says so, and hides none of the rest."""
    try:
        return _run(run_id, data)
    except DamagedCheckpoint as error:
        return RunStatus(run_id, owner, "", "failed", created, created, message=error.message)
