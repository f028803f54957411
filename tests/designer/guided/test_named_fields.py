"""The fields that a wish names, in the words that people use."""

from __future__ import annotations

import pytest

from chat_app.designer.guided.named_fields import named_fields
from chat_app.designer.guided.words import name_of

WISHES = {
    "Every Monday I get thirty invoices as text; read out number and total and let me approve": "number total",
    "I get 200 emails a day, pull the order number and the price from each": "order_number price",
    "We receive scanned receipts. Take the date, shop and amount and put them in a table": "date shop amount",
    "From each CV get name, email and years of experience": "name email years_of_experience",
    "I collect business cards as text and want name, company and phone in a CSV": "name company phone",
    "Customers complain; I need the product, the order number and what went wrong": (
        "product order_number what_went_wrong"
    ),
    "Read each PDF, extract the fields, write a table, and let me approve": "",
    "They give me long reports and I have to get the key figures out": "key_figures",
    "take the minutes and pull out decisions, owners and deadlines": "decisions owners deadlines",
    "For every job ad I find, note title, salary and location": "title salary location",
    "we get leads by mail: name, company, budget": "name company budget",
    "Grab the tracking number and the carrier out of shipping mails": "tracking_number carrier",
    "I have a folder of letters, find sender, date and reason and sort them": "sender date reason",
    "parse log lines into time, level and message": "time level message",
    "I get orders by email and must type article, quantity and address into our system": "article quantity address",
    "Note sender and subject of each mail": "sender subject",
    "Pull name, score and rank out of the result lists": "name score rank",
    "Look at each application and give me the name, degree and city": "name degree city",
    "read the invoices and tell me who sent it and when it must be paid": "who_sent_it when_it_must_be_paid",
    "scan our meeting notes for decisions, owners and due dates": "decisions owners due_dates",
    "I want a table with name, age and city from these letters": "name age city",
    "turn each recipe into ingredients, time and servings": "ingredients time servings",
    "When an order comes in by mail, the article and quantity must be read": "article quantity",
    "I get receipts. The shop, the date and the sum are what I need": "shop date sum",
    "save sender, subject, and date of every mail to a csv": "sender subject date",
    "take invoices, extract vendor and amount, and ask me before saving": "vendor amount",
    "I want to summarise my mails": "",
    "I need a workflow that reads mails and answers them": "",
    "turn my notes into a report": "",
    "I get complaints and want an answer drafted": "",
    "save the summary to a file": "",
}


@pytest.mark.parametrize(("wish", "fields"), WISHES.items(), ids=range(len(WISHES)))
def test_fields_are_told_from_what_comes_in_and_what_is_done(wish: str, fields: str) -> None:
    assert [name_of(name) for name in named_fields(wish)] == fields.split()
