"""The order of words: languages that say the verb, or what English says before, last."""

from __future__ import annotations

from chat_app.designer.guided.tongues.pieces import Piece, is_behind

_LEADS = frozenset(("and", "then", "finally", "first", "i", "want", "need", "please", "if", "me"))
"""What stands before the verb in English too."""
_DIRECTED = frozenset(("translate", "convert", "sort", "classify", "sort into", "rewrite"))
"""Verbs that lead into something; with others the Japanese に only marks what they work on."""
_INTO = ("に", "へ")


def before(pieces: list[Piece]) -> list[Piece]:
    """Japanese with its postpositions put before what they belong to, and what comes from somewhere put last."""
    done: list[Piece] = []
    group: list[Piece] = []
    source: list[Piece] = []
    for number, piece in enumerate(pieces):
        if is_behind(piece):
            told = piece if piece.original not in _INTO or _directed(pieces[number + 1 :]) else None
            if told is not None and told.english == "from":
                source = [told, *group]
            else:
                done += [told, *group] if told is not None else group
            group = []
        elif piece.verb:
            done += [*group, *source, piece]
            group, source = [], []
        elif not piece.english or piece.mark or (piece.joint and piece.english != "and"):
            done += [*group, piece]
            group = []
        else:
            group.append(piece)
    return [piece for piece in [*done, *group, *source] if piece.english]


def _directed(pieces: list[Piece]) -> bool:
    verb = next((piece for piece in pieces if piece.verb or piece.mark), None)
    return verb is not None and verb.english in _DIRECTED


def verbs_first(pieces: list[Piece], always: bool = False) -> list[Piece]:
    """Clauses that end in their verb begin with it; `always` where every verb ends its clause."""
    done: list[Piece] = []
    clause: list[Piece] = []
    opened = False
    for number, piece in enumerate(pieces):
        follower = pieces[number + 1] if number + 1 < len(pieces) else None
        last = always or follower is None or follower.mark or follower.joint
        told = any(not one.joint and not one.mark for one in clause)
        if piece.verb and last and told and not opened:
            at = _place(clause)
            done += [*clause[:at], piece, *clause[at:]]
            if always and follower is not None and not (follower.mark or follower.joint or follower.verb):
                done.append(Piece(",", ""))
            clause = []
        elif piece.mark and piece.english in ".;!?":
            done += [*clause, piece]
            clause, opened = [], False
        else:
            if piece.verb and not told:
                opened = not always
            elif piece.english in ("then", "finally"):
                done += clause
                clause, opened = [], False
            clause.append(piece)
    return [*done, *clause]


def _place(clause: list[Piece]) -> int:
    """Where in a clause its last verb belongs: at its beginning, or behind the "and" that follows another verb."""
    verbs = [at for at, piece in enumerate(clause) if piece.verb]
    if verbs:
        joints = [at for at, piece in enumerate(clause) if piece.english == "and" and at > verbs[-1]]
        return joints[-1] + 1 if joints else len(clause)
    at = 0
    while at < len(clause) and (clause[at].mark or clause[at].english in _LEADS):
        at += 1
    return at
