"""The tools that come with the app and need nothing set up."""

from __future__ import annotations

from chat_app.tools.charts import DRAW_CHART
from chat_app.tools.diagrams import DRAW_DIAGRAM
from chat_app.tools.document_writing import WRITE_DOCUMENT
from chat_app.tools.documents import READ_DOCUMENT
from chat_app.tools.pages import FETCH_PAGE
from chat_app.tools.queries import QUERY_TABLE
from chat_app.tools.retrieval import RETRIEVE
from chat_app.tools.splitting import SPLIT_TEXT
from chat_app.tools.table_writing import WRITE_TABLE
from chat_app.tools.tables import READ_TABLE
from chat_app.tools.tool import Tool

BUILT_IN: tuple[Tool, ...] = (
    DRAW_CHART,
    DRAW_DIAGRAM,
    FETCH_PAGE,
    QUERY_TABLE,
    READ_DOCUMENT,
    READ_TABLE,
    RETRIEVE,
    SPLIT_TEXT,
    WRITE_DOCUMENT,
    WRITE_TABLE,
)
