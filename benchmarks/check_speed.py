"""How fast the checker is: ratios to libyaml's compose of the same text, taken in turns, and how it grows.

Run: python -m benchmarks.check_speed [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import math
import statistics
import time
from collections.abc import Callable

import yaml
from lsprotocol import types

from chat_app.language_server.documents import Documents
from chat_app.language_server.findings import findings_of
from chat_app.language_server.world import World
from chat_app.workflow.check import check
from chat_app.workflow.surroundings import Surroundings

MOST_RATIO = 3.0
MOST_SECONDS = 1.5
MOST_EXPONENT = 1.15
MOST_SMALL_MS = 50.0


def generated(count: int) -> str:
    """A long workflow: a chain with a bounded loop at every tenth node; about 290 KB for 1,000 nodes."""
    state, nodes, edges = [], [], ["  - {from: START, to: step_0}"]
    for number in range(count):
        state.append(f"  text_{number}: {{type: string, description: What step {number} made}}")
        before = f"state.text_{number - 1}" if number else "state.topic"
        writes = f"text_{number}"
        following = f"step_{number + 1}" if number < count - 1 else "END"
        if number % 10 == 0 and number < count - 1:
            state.append(f"  score_{number}: {{type: number, minimum: 0, maximum: 1}}")
            writes += f", score_{number}"
            edges.append(
                f"  - from: step_{number}\n    routes:\n"
                f"      - {{condition: state.score_{number} < 0.5, to: step_{number}, max_times: 3}}\n"
                f"      - {{to: {following}}}"
            )
        else:
            edges.append(f"  - {{from: step_{number}, to: {following}}}")
        nodes.append(
            f"  - id: step_{number}\n    kind: llm\n    prompt: |\n"
            f"      Make the text below clearer and keep every fact. This is round {number}.\n\n"
            f"      {{{{ {before} }}}}\n    writes: [{writes}]"
        )
    return "\n".join(
        ["version: 1", "name: generated", "inputs:", "  topic: {type: string}", "state:", *state,
         f"outputs: [text_{count - 1}]", "nodes:", *nodes, "edges:", *edges, "limits: {steps: 5000}", ""]
    )  # fmt: skip


def seconds(run: Callable[[], object]) -> float:
    """Processor time of one call."""
    start = time.process_time()
    run()
    return time.process_time() - start


def compose(text: str) -> object:
    """What libyaml needs to read the text into nodes."""
    return yaml.compose(text, Loader=yaml.CSafeLoader)


def measured(count: int, rounds: int) -> tuple[float, float]:
    """Medians over alternating rounds: seconds of a check, and its ratio to compose."""
    checks, ratios = [], []
    for number in range(rounds):
        text = generated(count).replace("keep every fact", f"keep every fact ({number})")
        base = seconds(lambda text=text: compose(text))  # type: ignore[misc]
        own = seconds(lambda text=text: check(text))  # type: ignore[misc]
        checks.append(own)
        ratios.append(own / base)
    return statistics.median(checks), statistics.median(ratios)


def keystroke_seconds(count: int, rounds: int) -> float:
    """Median wall time from a change in the editor to its findings, in the language server's own documents."""
    text = generated(count)

    async def typed() -> list[float]:
        documents = Documents(World(lambda folder: Surroundings()))
        documents.open(types.TextDocumentItem("file:///x.yaml", "yaml", 1, text))
        document = documents.get("file:///x.yaml")
        assert document is not None
        await documents.checked(document)
        took = []
        for number in range(rounds):
            line = text[: text.index("This is round")].count("\n")
            spot = types.Position(line, 6)
            change = types.TextDocumentContentChangePartial(types.Range(spot, spot), "x")
            started = time.perf_counter()
            documents.change(document.uri, number, [change])
            findings_of(await documents.checked(document))
            took.append(time.perf_counter() - started)
        documents.stop()
        return took

    return statistics.median(asyncio.run(typed()))


def fitted_exponent(points: list[tuple[int, float]]) -> float:
    """The slope of log(time) over log(size)."""
    xs = [math.log(size) for size, _ in points]
    ys = [math.log(took) for _, took in points]
    middle_x, middle_y = statistics.mean(xs), statistics.mean(ys)
    over = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True))
    return over / sum((x - middle_x) ** 2 for x in xs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="up to 1,000 nodes, three rounds")
    quick = parser.parse_args().quick
    check(generated(20))
    keystroke = keystroke_seconds(30, 15)
    sizes = [100, 300, 1_000] if quick else [100, 300, 1_000, 3_000, 10_000]
    points = []
    ratio_at_1000 = seconds_at_1000 = 0.0
    for size in sizes:
        took, ratio = measured(size, 3 if quick or size > 1_000 else 5)
        points.append((size, took))
        print(f"{size:>6} nodes: check {took * 1000:8.1f} ms, {ratio:4.2f} x compose")  # noqa: T201
        if size == 1_000:
            ratio_at_1000, seconds_at_1000 = ratio, took
    exponent = fitted_exponent(points)
    rows = [
        ("1,000 nodes, ratio to compose", ratio_at_1000, MOST_RATIO),
        ("1,000 nodes, seconds", seconds_at_1000, MOST_SECONDS),
        ("growth, fitted exponent", exponent, MOST_EXPONENT),
        ("30 nodes, a key's milliseconds", keystroke * 1000, MOST_SMALL_MS),
    ]
    for name, value, most in rows:
        print(f"{name:<32} {value:8.2f}  (at most {most:g}) {'ok' if value <= most else 'TOO MUCH'}")  # noqa: T201
    return int(any(value > most for _, value, most in rows))


if __name__ == "__main__":
    raise SystemExit(main())
