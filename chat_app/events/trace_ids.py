"""The ids under which a run's spans are known to tracing services, worked out from the run and the step alone.

So a request can name its span before anybody has recorded it, and two records of one run agree.
"""

from __future__ import annotations

import hashlib

from chat_app.events.run import StepId


def trace_id(run_id: str) -> str:
    """The trace of a run: 32 hexadecimal digits (W3C Trace Context)."""
    return _digits(run_id, 32)


def span_id(run_id: str, *parts: object) -> str:
    """The span of a part of a run: 16 hexadecimal digits."""
    return _digits("\n".join((run_id, *map(str, parts))), 16)


def traceparent(run_id: str, step: StepId) -> str:
    """The header that makes what a step asks of another machine a part of the run's trace."""
    return f"00-{trace_id(run_id)}-{span_id(run_id, step)}-01"


def _digits(text: str, count: int) -> str:
    found = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:count]
    # All zeros is the one value that means "none".
    return found if found.strip("0") else "1".rjust(count, "0")
