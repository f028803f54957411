"""The model-driven designer: a graph that asks, edits, checks and repairs.

It speaks typed edits only; code, not the prompt, enforces what matters: how much is asked, that
nothing invalid takes the place of something valid, and that the summary is made from the diff.
"""
