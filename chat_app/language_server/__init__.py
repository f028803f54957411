"""The language server: what editors ask of a workflow file, answered from a check of its text."""
