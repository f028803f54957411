"""Edges: where a run goes after a node."""

from __future__ import annotations

from pydantic import Field

from chat_app.workflow.fields import Part

START = "START"
END = "END"

Target = str | list[str]


class Route(Part):
    """One way out of a node. The first route that holds is taken; the last has no condition and no bound."""

    condition: str | None = Field(
        None, description="A CEL expression over the state.", examples=["state.mood == 'angry'"]
    )
    to: Target = Field(description="A node, END, or a list run at once.", examples=["approve"])
    max_times: int | None = Field(
        None,
        description="Taken at most so often in a run; then the next route is tried. This is how loops end.",
        ge=1,
        le=10_000,
        examples=[3],
    )


class ToConditional(Part):
    """The short form of two routes."""

    condition: str = Field(description="A CEL expression.", examples=["state.score >= 7"])
    if_true: Target = Field(description="Where to when it holds.", examples=["publish"])
    if_false: Target = Field(description="Where to when it does not.", examples=["improve"])


class Edge(Part):
    """The ways out of one node: exactly one of `to`, `routes` or `to_conditional`."""

    from_: str = Field(alias="from", description="A node's id, or START.", examples=["draft"])
    to: Target | None = Field(None, description="A node, END, or a list run at once.", examples=["approve"])
    routes: list[Route] | None = Field(
        None,
        description="Ways out in order; the first that holds is taken.",
        min_length=1,
        examples=[[{"condition": "state.score < 7", "to": "improve", "max_times": 3}, {"to": "END"}]],
    )
    to_conditional: ToConditional | None = Field(
        None,
        description="The two-route case.",
        examples=[{"condition": "state.score >= 7", "if_true": "END", "if_false": "improve"}],
    )

    def ways_out(self) -> list[Route]:
        """The edge as routes, whatever its form."""
        if self.routes is not None:
            return self.routes
        if self.to_conditional is not None:
            two = self.to_conditional
            return [Route(condition=two.condition, to=two.if_true), Route(to=two.if_false)]
        return [Route(to=self.to if self.to is not None else [])]


def targets(to: Target) -> list[str]:
    """The names in a target, in order."""
    return [to] if isinstance(to, str) else list(to)
