"""A text as data that knows its places, and changed data written back into the text."""
