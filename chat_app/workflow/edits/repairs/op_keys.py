"""Keys that models give edits, by the key that is meant."""

from __future__ import annotations

from chat_app.workflow.edits.repairs.aliases import EDGE_KEYS

ARGUMENTS = ("args", "arguments", "parameters", "params", "data", "payload", "input", "details", "edit")
OP_KEYS = ("op", "operation", "action", "command", "edit_type", "type", "method", "name")
SIGNS = (
    ("kind", "add_node"), ("labels", "add_node"), ("node", "add_node"), ("outputs", "set_outputs"),
    ("limits", "set_limits"),
    ("test", "add_test"), ("until", "loop"), ("then", "branch"), ("over", "wrap_in_map"), ("prompt", "set_prompt"),
    ("key", "set_key"), ("old", "rename"), ("met_by", "add_requirement"), ("from", "connect"),
)  # fmt: skip
PLACE_KEYS = {
    "after_node": "after", "insert_after": "after", "from_node": "after", "follows": "after", "after_id": "after",
    "before_node": "before", "insert_before": "before", "before_id": "before", "precedes": "before",
    "parallel": "parallel_to", "beside": "parallel_to", "alongside": "parallel_to", "parallel_with": "parallel_to",
    "in": "inside", "into": "inside", "parent": "inside", "map": "inside", "within": "inside",
}  # fmt: skip
MAIN_KEYS = {"set_outputs": "outputs", "remove_node": "id", "add_test": "test", "set_limits": "limits",
             "remove_field": "name", "remove_requirement": "id", "remove_test": "name", "set_info": "description",
             "add_requirement": "text"}  # fmt: skip
"""The key that is meant where an op has a bare value."""
ID_KEYS = ("node_id", "node", "step", "step_id", "target", "name", "node_name")
KEYS: dict[str, dict[str, str]] = {
    "add_node": PLACE_KEYS,
    "move": PLACE_KEYS,
    "set_prompt": {"text": "prompt", "template": "prompt", "new_prompt": "prompt", "value": "prompt", "ask": "prompt",
                   "content": "prompt", "code": "prompt"},
    "set_key": {"field": "key", "property": "key", "attribute": "key", "new_value": "value", "to": "value"},
    "rename": {"old_name": "old", "old_id": "old", "from": "old", "id": "old", "name": "old", "new_name": "new",
               "new_id": "new", "to": "new", "target": "what", "node_id": "old"},
    "add_input": {"id": "name", "field": "name", "input": "name", "schema": "type",
                  "field_type": "type", "spec": "type"},
    "add_field": {"id": "name", "field": "name", "schema": "type", "field_type": "type", "spec": "type",
                  "in": "inside"},
    "remove_field": {"id": "name", "field": "name", "input": "name"},
    "set_outputs": {"fields": "outputs", "names": "outputs", "output": "outputs", "value": "outputs",
                    "name": "outputs"},
    "branch": {"if": "condition", "when": "condition", "cond": "condition", "else": "otherwise", "node": "after",
               "if_false": "otherwise", "false": "otherwise", "default": "otherwise", "if_true": "then",
               "true": "then", "to": "then", "from": "after", "from_node": "after", "source": "after", "id": "after",
               "new_nodes": "add", "nodes": "add"},
    "loop": {"start": "first", "from": "first", "end": "last", "to": "last", "condition": "until", "max": "max_times",
             "max_iterations": "max_times", "times": "max_times", "limit": "max_times", "max_loops": "max_times",
             "exit_condition": "until", "stop_when": "until"},
    "wrap_in_map": {"node": "nodes", "node_ids": "nodes", "body": "nodes", "list": "over", "items": "over",
                    "foreach": "over", "as": "item", "item_name": "item", "output": "writes", "collect": "writes",
                    "map_id": "id", "name": "id", "collect_into": "writes", "replace": "replaces"},
    "connect": {**EDGE_KEYS, "branches": "branches", "conditions": "condition"},
    "disconnect": EDGE_KEYS,
    "add_requirement": {"requirement": "text", "description": "text", "name": "id", "nodes": "met_by"},
    "set_limits": {"values": "limits", "limit": "limits"},
}  # fmt: skip
