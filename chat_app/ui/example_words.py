"""What the example workflows are called and say of themselves, for the catalogs: the files themselves are English."""

from __future__ import annotations

from chat_app.translation import mark

WORDS: dict[str, tuple[str, str]] = {
    "announce_release": (
        mark("Announce release"),
        mark("Writes an announcement from release notes and has it approved by another workflow, approve_text."),
    ),
    "answer_from_document": (
        mark("Answer from document"),
        mark("Answers a question from a text, with quotes, and checks that the text supports the answer."),
    ),
    "answer_support_mail": (
        mark("Answer support mail"),
        mark(
            "Sorts a support mail, finds what our help pages say about it, drafts an answer, and "
            "sends nothing that a person has not approved."
        ),
    ),
    "approve_text": (
        mark("Approve text"),
        mark("Reads a text over and asks a person when it finds something to doubt."),
    ),
    "ask_table": (
        mark("Ask table"),
        mark("Answers a question over a table by SQL; the numbers come from the table, not from a model."),
    ),
    "clean_csv": (
        mark("Clean csv"),
        mark("Cleans a list of contacts by code, without a model, and asks a person when many rows were dropped."),
    ),
    "compare_products": (
        mark("Compare products"),
        mark(
            "Compares products by several angles at once, each searched on the web, and ends in a "
            "table with sources and a verdict."
        ),
    ),
    "daily_digest": (
        mark("Daily digest"),
        mark(
            "Searches for what is new on your topics, writes a short digest, and reads it aloud into an audio file."
        ),
    ),
    "expense_sheet": (
        mark("Expense sheet"),
        mark("Reads a folder of receipts, on paper or as photos, and makes one expense sheet with sums."),
    ),
    "explain_code": (
        mark("Explain code"),
        mark(
            "Explains a piece of Python, writes an example that uses it, runs the example in the "
            "sandbox, and says what really came out."
        ),
    ),
    "extract_invoice": (
        mark("Extract invoice"),
        mark("Reads the fields of an invoice and asks a person where the amount is large."),
    ),
    "lesson_slides": (
        mark("Lesson slides"),
        mark("Turns a lesson into slides with notes for the speaker, and into a quiz with its answers."),
    ),
    "page_for_audiences": (
        mark("Page for audiences"),
        mark("Reads a web page and tells what it says to three audiences at once, each in its own words."),
    ),
    "query_tables": (
        mark("Query tables"),
        mark(
            "Answers questions over one or more tables by SQL, and mends SQL that did not work; "
            "the numbers come from the tables."
        ),
    ),
    "research_angles": (
        mark("Research angles"),
        mark("Looks at a question from three angles at once and merges what was found into a report."),
    ),
    "summarise_each": (
        mark("Summarise each"),
        mark("Sums up each text of a list, then writes one overview of them all."),
    ),
    "support_triage": (
        mark("Support triage"),
        mark("Sorts a support mail, drafts an answer, asks a person when unsure."),
    ),
    "survey_report": (
        mark("Survey report"),
        mark(
            "Turns a survey's answers into two charts and a PDF report with a commentary; all "
            "numbers come from the table."
        ),
    ),
    "tender_compliance": (
        mark("Tender compliance"),
        mark("Reads a tender, lists what it demands, and holds our offer against each demand in a Word table."),
    ),
    "translate_report": (
        mark("Translate report"),
        mark(
            "Translates a long report piece by piece, looks at each piece a second time, and returns a Word document."
        ),
    ),
    "watch_api": (
        mark("Watch api"),
        mark(
            "Asks an API several times, holds its figure against a rule, and writes an alert as "
            "soon as the rule is broken."
        ),
    ),
    "write_and_review": (
        mark("Write and review"),
        mark("Writes a text, has it reviewed, improves it until it is good or three times at most."),
    ),
}
"""By the name of the file: its title, and the first sentence of its description."""
