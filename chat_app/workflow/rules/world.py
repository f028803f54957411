"""What is there outside the text: kinds that run here, tools, models that take only text."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from chat_app.workflow.diagnostics import Diagnostic, Fix, Path
from chat_app.workflow.nodes import ClassifyNode, LlmNode, ToolNode
from chat_app.workflow.rules.context import Context
from chat_app.workflow.rules.given import check_arguments
from chat_app.workflow.surroundings import ModelDoubt, ModelNames, ToolSignature
from chat_app.workflow.typed import near
from chat_app.workflow.typed_edits import ReplaceValue


def check_kinds(context: Context) -> Iterator[Diagnostic]:
    """kind-not-runnable: what the language has and this program can't run yet."""
    runnable = context.surroundings.runnable_kinds
    for level in context.levels:
        for node, path in level.node_paths():
            kind = str(getattr(node, "kind", ""))
            if kind not in runnable:
                yield context.error(
                    "kind-not-runnable",
                    f"Nodes of kind `{kind}` can't run here.",
                    (*path, "kind"),
                    f"Use another kind: {', '.join(sorted(runnable))}.",
                )


def check_tools(context: Context) -> Iterator[Diagnostic]:
    """unknown-tool and tool-arguments."""
    for level in context.levels:
        for node, path in level.node_paths():
            # The tools are asked for only where one is used: listing them may take a while.
            if isinstance(node, ToolNode) and context.surroundings.tools:
                tools = context.surroundings.tools
                yield from _tool(context, node.tool, (*path, "tool"), tools, node.arguments)
                if node.tool in tools:
                    yield from check_arguments(context, level, node, tools[node.tool], path)
            elif isinstance(node, LlmNode) and node.tools and context.surroundings.tools:
                for index, name in enumerate(node.tools):
                    yield from _tool(context, name, (*path, "tools", index), context.surroundings.tools)


def _tool(
    context: Context, name: str, path: Path, tools: Mapping[str, ToolSignature], given: Collection[str] = ()
) -> Iterator[Diagnostic]:
    if name in tools:
        missing = tools[name].missing
        if missing and tools[name].supplied_by not in given:
            message = f"The tool `{name}` can't be used here yet."
            yield context.warning("unknown-tool", message, path, missing)
        return
    closest = near(name, tools)
    told = context.surroundings.unknown_tool(name)
    help = f"Did you mean `{closest}`?" if closest else told or f"There are: {', '.join(sorted(tools)[:20])}."
    fix = Fix(f"Use `{closest}`", (ReplaceValue(path=list(path), value=closest),)) if closest else None
    yield context.error("unknown-tool", f"There is no tool `{name}`.", path, help, fix=fix)


def check_models(context: Context) -> Iterator[Diagnostic]:
    """unknown-model, and text-only-model: images for a model that takes none."""
    names = context.surroundings.models
    if names is None:
        return
    named: list[tuple[str, Path]] = [(context.workflow.model, ("model",))] if context.workflow.model else []
    for level in context.levels:
        for node, path in level.node_paths():
            if isinstance(node, LlmNode | ClassifyNode) and node.model:
                named.append((node.model, (*path, "model")))
            if isinstance(node, LlmNode) and node.images:
                yield from _images(context, node, node.model or context.workflow.model, (*path, "images"), names)
    doubts: dict[str, ModelDoubt | None] = {}
    for model, place in named:
        if model not in doubts:
            doubts[model] = names.doubt(model)
        doubt = doubts[model]
        if doubt is not None:
            yield _doubted(context, doubt, place)


def _doubted(context: Context, doubt: ModelDoubt, place: Path) -> Diagnostic:
    closest = doubt.nearest
    fix = Fix(f"Use `{closest}`", (ReplaceValue(path=list(place), value=closest),)) if closest else None
    if doubt.certain:
        help = f"Did you mean `{closest}`?" if closest else _PROVIDERS
        return context.error("unknown-model", f"{doubt.message}.", place, help, fix=fix)
    help = f"Did you mean `{closest}`?" if closest else "Compare the name with the provider's own list."
    # No fix: the model may be newer than this program, and then its name is right.
    return context.warning("unknown-model", f"{doubt.message}.", place, f"{help} A newer model may be right.")


def _images(
    context: Context, node: LlmNode, model: str | None, place: Path, names: ModelNames
) -> Iterator[Diagnostic]:
    if model and names.takes_images(model) is False:
        message = f"The model `{model}` takes only text; `{node.id}` gives it images."
        help = "Choose a model that sees, or let a tool read the file first."
        yield context.error("text-only-model", message, place, help, key=True)


_PROVIDERS = "A model is named `provider/model`, such as `openai/gpt-5-mini` or `ollama_chat/qwen3`."
