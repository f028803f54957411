"""Whole workflows in the manner of other tools, as models write them from memory, read into ours.

Steps that depend on each other, start and end boxes, conditions, loops and parallel blocks as nodes,
outputs with expressions. Where the meaning is clear it is turned into ours; the repairs of parts do the rest.
"""
