"""Brings a run store from one version's tables to another's, with Alembic; nothing in it is lost."""
