"""Every finding's code with what it means: the table of contents of the manual of diagnostics."""

from __future__ import annotations

CODES: dict[str, str] = {
    # The text
    "yaml-syntax": "The text is not YAML, or not one document of it.",
    "not-text": "The file is not UTF-8 text, or holds control characters.",
    "too-big": "The text has more than 5 MB or more than 500,000 values; it is not read.",
    "too-deep": "The text nests more than 50 levels deep.",
    "yaml-alias": "Anchors (`&x`) and aliases (`*x`) are not read: a few lines of them can stand for gigabytes.",
    "yaml-tag": "Tags (`!x`) are not read: a value's type follows from how it is written.",
    "duplicate-key": "A key stands twice in one place; only one of the two values could count.",
    # The shape
    "unknown-key": "A key that the language does not have.",
    "missing-key": "A key that must be there is missing.",
    "unknown-kind": "A node of a kind that does not exist.",
    "bad-name": "Names have lower-case letters, digits and underscores, and begin with a letter.",
    "bad-value": "A value outside the choices or bounds of its key.",
    "wrong-type": "A value of another type than its key takes: text where a list belongs, a number where text does.",
    "older-version": "The file is written in an earlier version of the language; a fix brings it to the present one.",
    "newer-version": "The file is written in a later version of the language than this program reads.",
    # Names
    "unknown-name": "A name that nothing declares: a node, a field, an output, a part of an object.",
    "duplicate-id": "Two nodes, fields or requirements have one name.",
    "reserved-name": "A map's item must not hide a name that templates use already.",
    "field-type": "The type of a field contradicts itself: a bound that means nothing, a default that does not fit.",
    # The flow
    "edge-form": "An entry of `edges` has one of `to`, `routes` and `to_conditional`; each node has one entry.",
    "route-order": "Routes are tried in order: the last is taken when no other is, so it has no condition and no "
    "bound; one before it that always holds would hide the rest.",
    "subtask-edge": "The subtasks of a `parallel` node belong to it: they have no edges and no second owner.",
    "unreachable-node": "No way leads from START to a node, so it never runs.",
    "no-way-to-end": "From a node no way leads to END, so a run could not finish.",
    "unbounded-cycle": "A circle in which no route has `max_times` may run for ever.",
    "derived-order": "No fault: where `edges` are left out, this is the order that the checker found in the data.",
    "data-cycle": "Where `edges` are left out, order follows the data; here the data go in a circle.",
    # The data
    "read-before-write": "A field is read where, on some way through the flow, nothing has written it yet.",
    "parallel-write": "Two nodes that may run at once write one field, and nothing says how the writes are joined.",
    "not-writable": "A node writes a field that is not its to write: an input, or a field outside its map.",
    "wrong-writes": "What a node writes does not fit its kind: too few or too many fields, or of the wrong type.",
    "unwritten-output": "A field that a run returns is written by no node.",
    "unused-input": "The user is asked for a value that nothing uses.",
    "unread-field": "A field is written or declared, and nothing reads it.",
    "unmet-requirement": "A requirement names no node that meets it.",
    # Templates and conditions
    "template-syntax": "A template can't be read.",
    "template-not-allowed": "A template uses what templates must not: calls, arithmetic, unknown filters or blocks.",
    "single-braces": "A field stands in single braces (`{email}`), which is plain text; a look-up has two.",
    "unknown-part": "A template or condition asks for a part of a value that has no parts.",
    "not-a-list": "A map or a loop goes through something that is no list.",
    "not-a-file": "`images` or `files` of an `llm` node name something that is no file.",
    "filter-type": "A filter is given a value of a type that it can't work on.",
    "condition-syntax": "A condition can't be read as CEL.",
    "condition-type": "A condition compares or combines values of types that do not go together.",
    "impossible-route": "A route that no run can take: its condition contradicts the fields' types, the routes that "
    "are tried before it, or what is known once other routes were taken.",
    "impossible-value": "A comparison with a value that the field can never have.",
    # Code
    "code-syntax": "The Python of a `code` node can't be read, or misses what code nodes are.",
    "code-not-supported": "The Python of a `code` node uses what its runtime does not have.",
    "code-leaves-unwritten": "A `code` node writes a field that its code never assigns.",
    # The world
    "kind-not-runnable": "The language has this kind of node, but the program can't run it here yet.",
    "unknown-tool": "A tool that does not exist, or that lacks something to work here.",
    "tool-arguments": "The arguments of a tool are not those that it takes, or of another type.",
    "used-file": "A `workflow` node names a file that can't be run: it is not there, lies outside the folder, "
    "or has errors of its own.",
    "file-cycle": "Workflow files use each other in a circle, so a run would never end.",
    "workflow-arguments": "The arguments of a `workflow` node are not the inputs of the file that it uses.",
    "unknown-model": "A model whose name leads to no provider, that does not chat, or that its provider is not known "
    "to have.",
    "text-only-model": "Images are sent to a model that takes only text.",
    "secret-in-text": "A key or password stands in the file, where everybody who gets the file can read it.",
    "secret-misplaced": "A secret is looked up where it would reach a model, a log or a person.",
    "test-value": "A test gives a value that its field can't have, or for a field that its node does not write.",
    "no-limits": "Something repeats, and nothing in the file says how often it may.",
}
