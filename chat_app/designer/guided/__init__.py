"""The guided designer: a real interview, with no model at all."""

from chat_app.designer.guided.designer import GuidedDesigner

__all__ = ["GuidedDesigner"]
