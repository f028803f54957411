"""Two ways through a graph that share no node: a flow of two with every node used at most once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

_Half = tuple[str, int]
"""Each node is split: entered at (name, 0), left at (name, 1)."""

_SOURCE: _Half = ("", 0)
_SINK: _Half = ("", 1)


def two_ways(starts: Iterable[str], goals: Iterable[str], after: Callable[[str], Iterable[str]]) -> bool:
    """Whether two different starts lead to two different goals without a node in common."""
    roots, ends = list(starts), set(goals)
    taken: dict[_Half, set[_Half]] = {}

    def onward(at: _Half) -> Iterator[_Half]:
        name, side = at
        if at == _SOURCE:
            yield from ((root, 0) for root in roots)
        elif side == 0:
            yield (name, 1)
        elif at != _SINK:
            if name in ends:
                yield _SINK
            yield from ((following, 0) for following in after(name))

    return all(_augment(onward, taken) for _ in range(2))


def _augment(onward: Callable[[_Half], Iterable[_Half]], taken: dict[_Half, set[_Half]]) -> bool:
    """Finds one more way; `taken` holds for each half what flows into it."""
    came: dict[_Half, _Half] = {}
    pending = [_SOURCE]
    for at in pending:
        free = (following for following in onward(at) if at not in taken.get(following, ()))
        for following in (*free, *taken.get(at, ())):
            if following in came or following == _SOURCE:
                continue
            came[following] = at
            if following == _SINK:
                _take(came, taken)
                return True
            pending.append(following)
    return False


def _take(came: dict[_Half, _Half], taken: dict[_Half, set[_Half]]) -> None:
    at = _SINK
    while at != _SOURCE:
        before = came[at]
        if at in taken.get(before, ()):
            taken[before].discard(at)
        else:
            taken.setdefault(at, set()).add(before)
        at = before
