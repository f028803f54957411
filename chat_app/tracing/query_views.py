"""What `query` offers to SQL: the tables of the run store with types that read well, and views over them.

Each has one line of its own in the manual; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass

from chat_app.events.run import RouteTaken
from chat_app.events.value import names_of
from chat_app.tracing.step_row import CALLS, FINISHED
from chat_app.translation import mark


@dataclass(frozen=True, slots=True)
class View:
    """Something that can be asked for by name."""

    name: str
    about: str
    sql: str
    reads: tuple[str, ...]
    """What is copied for it."""


def _time(column: str) -> str:
    return f'make_timestamp(CAST("{column}" * 1000000 AS BIGINT)) AS "{column}"'


def _route(field: str) -> str:
    # The first is the name of the event.
    return f"told[{names_of(RouteTaken).index(field) + 2}]"


_FINISHED = FINISHED.select("stored_finished_steps", "run_id, workflow")
_CALLS = CALLS.select("stored_model_calls", "id, source, design")
_STEP = f"{_time('started_at')}, seconds, attempts, cause"

TABLES: tuple[View, ...] = (
    View(
        "runs",
        mark("one row for each run; `cost_usd` is NULL where it is not known in full"),
        f"""SELECT run_id, owner, workflow, model, simulated = 1 AS simulated, state, message, {_time("started_at")},
        {_time("ended_at")}, ended_at - started_at AS seconds, steps, calls, tokens_in, tokens_out, cost_usd,
        simulated_calls, text_sha256 FROM stored_runs""",
        ("runs",),
    ),
    View(
        "steps",
        mark("one row for each step; `cause` says why it failed or was tried again"),
        f"""SELECT run_id, step, workflow, node, kind, parent, state, {_STEP}, message, simulated = 1 AS simulated
        FROM stored_steps UNION ALL
        SELECT run_id, step, workflow, node, kind, parent, 'finished' AS state, {_STEP}, '' AS message, simulated
        FROM ({_FINISHED})""",
        ("steps", "finished_steps"),
    ),
    View(
        "usage",
        mark("one row for each model call of runs and of designing; `cost_usd` is NULL where it is unknown"),
        f"""SELECT id, source, {_time("at")}, CAST(make_timestamp(CAST("at" * 1000000 AS BIGINT)) AS DATE) AS day,
        design, step, node, model, tokens_in, tokens_out, cost_usd, simulated FROM ({_CALLS})""",
        ("model_calls",),
    ),
    View(
        "files",
        mark("one row for each file that a run was given, wrote or returned"),
        "SELECT run_id, role, node, field, name, media_type, size, sha256 FROM stored_files",
        ("files",),
    ),
    View(
        "turns",
        mark("one row for each design turn; `valid` says whether the draft that it left is"),
        f"""SELECT conversation, turn, number, designer, model, {_time("started_at")}, seconds, message, state,
        problem, edits, repairs, valid = 1 AS valid, prompts FROM stored_turns""",
        ("turns",),
    ),
    View(
        "conversations",
        mark("one row for each design conversation"),
        f"""SELECT id, owner, title, {_time("started_at")}, {_time("updated_at")}, turns FROM stored_conversations""",
        ("conversations",),
    ),
    View(
        "designs",
        mark("one row for each saved design"),
        f"""SELECT owner, name, revisions, {_time("saved_at")} FROM stored_designs""",
        ("designs",),
    ),
    View(
        "revisions",
        mark("one row for each saved revision of a design"),
        f"""SELECT owner, name, number, {_time("saved_at")}, asked, text_sha256 FROM stored_revisions""",
        ("revisions",),
    ),
    View(
        "events",
        mark("every event of every run; `data` is its JSON"),
        f"""SELECT run_id, place, {_time("at")}, event, CAST(data AS JSON) AS data FROM stored_events""",
        ("events",),
    ),
)

SUMS: tuple[View, ...] = (
    View(
        "durations",
        mark("how long each node takes, in seconds: mean, median, 95th percentile, longest"),
        """SELECT workflow, node, kind, count(*) AS steps, avg(seconds) AS mean, median(seconds) AS median,
        quantile_cont(seconds, 0.95) AS p95, max(seconds) AS longest
        FROM steps WHERE state = 'finished' GROUP BY ALL ORDER BY sum(seconds) DESC""",
        ("steps", "finished_steps"),
    ),
    View(
        "failures",
        mark("what failed, by node and cause"),
        """SELECT workflow, node, cause, count(*) AS times, max(started_at) AS last, arg_max(message, started_at) AS
        last_message FROM steps WHERE state IN ('failed', 'continued') GROUP BY ALL ORDER BY times DESC""",
        ("steps", "finished_steps"),
    ),
    View(
        "costs",
        mark(
            "what each model cost; `cost_usd` is NULL where a call's cost is unknown, `known_usd` is the least it was"
        ),
        """SELECT model, count(*) AS calls, count(*) FILTER (simulated) AS simulated, sum(tokens_in) AS tokens_in,
        sum(tokens_out) AS tokens_out, sum(cost_usd) AS known_usd,
        count(*) FILTER (cost_usd IS NULL) AS unknown_calls,
        CASE WHEN unknown_calls = 0 THEN known_usd END AS cost_usd
        FROM usage GROUP BY model ORDER BY known_usd DESC NULLS LAST""",
        ("model_calls",),
    ),
    View(
        "designer_validity",
        mark("how often each designer's turns leave a valid draft, by model"),
        """SELECT designer, model, count(*) AS turns, count(valid) AS edited, count(*) FILTER (valid) AS valid,
        round(count(*) FILTER (valid) / nullif(count(valid), 0), 3) AS share, sum(repairs) AS repairs,
        count(*) FILTER (state = 'failed') AS failed FROM turns GROUP BY ALL ORDER BY turns DESC""",
        ("turns",),
    ),
    View(
        "coverage",
        mark("which ways out of each node were taken, and how often; `route` counts from 0"),
        f"""SELECT workflow, {_route("source")} AS node, CAST({_route("route")} AS INTEGER) AS route,
        {_route("condition")} AS condition, CAST({_route("targets")} AS JSON) AS targets, count(*) AS times,
        count(DISTINCT run_id) AS runs
        FROM (SELECT run_id, from_json(unnest(from_json(data, '["JSON"]'))->2, '["VARCHAR"]') AS told
        FROM stored_routes) JOIN runs USING (run_id) GROUP BY ALL ORDER BY workflow, node, route""",
        ("routes", "runs"),
    ),
)

VIEWS = {view.name: view for view in (*TABLES, *SUMS)}

_SPENT = "count(*) AS calls, sum(cost_usd) AS known_usd, count(*) FILTER (cost_usd IS NULL) AS unknown_calls"
_DEAREST = "GROUP BY ALL ORDER BY known_usd DESC NULLS LAST LIMIT 20"

EXAMPLES: tuple[tuple[str, str], ...] = (
    (mark("Runs by state"), "SELECT workflow, state, count(*) AS runs FROM runs GROUP BY ALL ORDER BY ALL"),
    (mark("Slowest nodes"), "SELECT * FROM durations LIMIT 20"),
    (mark("What fails, and why"), "SELECT workflow, node, cause, times, last_message FROM failures LIMIT 20"),
    (mark("Routes that were taken"), "SELECT workflow, node, route, times FROM coverage WHERE route IS NOT NULL"),
    (mark("How valid designs are, by model"), "SELECT * FROM designer_validity"),
    (mark("Cost by day"), f"SELECT day, {_SPENT} FROM usage GROUP BY day ORDER BY day"),
    (mark("Cost by model"), "SELECT * FROM costs"),
    (mark("Cost by design"), f"SELECT design, {_SPENT} FROM usage {_DEAREST}"),
    (mark("Cost by node"), f"SELECT design, node, {_SPENT} FROM usage {_DEAREST}"),
    (mark("Cost by run"), f"SELECT id AS run, design, {_SPENT} FROM usage WHERE source = 'run' {_DEAREST}"),
)
"""Questions to begin with: a title and its SQL."""
