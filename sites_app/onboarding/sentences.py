"""What is said of cells that can't be used, in the language of whoever imports a file in the admin."""

from __future__ import annotations

from sites_app.sentences import Sentences

SENTENCES = Sentences(
    "There are control characters, or a line break, in this cell.",
    "'{column}' is required.",
    "At most {count} characters.",
    "At most {count} characters each name, and as many the whole path.",
    "A whole number from {least} to {most}.",
    "Square metres, as in 1250 or 1250.5.",
    "A date such as 2024-03-31.",
    "A tag has at most {count} characters; they are separated by '|'.",
    "The file has more than {count} bytes: import it in parts.",
    "The file isn't UTF-8; save it as 'CSV UTF-8'.",
    "The file has no rows below its header.",
    "The row has more cells than the header.",
    "The file is no valid CSV here: {why}.",
    "The column '{column}' is missing from the header.",
    "There is no column '{column}'; known are {columns}.",
    "The column '{column}' stands in the header twice.",
    "Write the path of names, as in 'Europe/Germany/South'.",
    "Its code would be that of '{path}': write the same, or another name.",
    "The store's first row (line {line}) says '{value}'. Leave it empty here.",
    "The store has a controller '{name}' on an earlier line.",
    "The store has this controller on an earlier line.",
    "Two letters of ISO 3166, as in DE.",
    "There is a store of this code that you can't see.",
    "You see no such region: name yours, or one under it.",
    "All days are off. Leave the field empty for a store that is always open.",
    "'{rule}': public and school holidays aren't known here; write their dates, as in 'Dec 25 off'.",
    "'{rule}' has no times such as 09:00-20:00, nor 'off'. {example}",
    "'{rule}': the stretches overlap or aren't in order.",
    "'{text}' in '{rule}' is no stretch such as 09:00-20:00.",
    "'{text}' in '{rule}': hours go from 00 to 24, or past midnight up to 28.",
    "'{text}' in '{rule}' is no day: they are Mo Tu We Th Fr Sa Su. {example}",
    "Write it as 'Mo-Sa 09:00-20:00; Su 11:00-17:00; Dec 25 off'.",
    "'{text}' is no date such as 'Dec 25'.",
    "'{text}' is no date of {year}.",
)


def spoken(text: str) -> str:
    """In the reader's language, what is wrong with a cell."""
    return SENTENCES.spoken(text)
