"""Markdown to documents: read into blocks once, written by one module for each kind of document."""
