"""Updates that the log holds as differences of JSON documents (``binlog_row_value_options=PARTIAL_JSON``) → full rows."""

from __future__ import annotations

from connectors.mysql.rowsevent import Rows, partial_columns
from connectors.mysql.tablemap import TableShape
from connectors.mysql.types.json_diff import apply_diffs
from connectors.mysql.unprocessable import Unprocessable
from connectors.tables import RowForm

__all__ = ["full_row"]

_LENGTH = 4
"""Bytes of a document's length in a row."""


def full_row(shape: TableShape, form: RowForm, event: Rows, old: int, middle: int) -> tuple[bytes, int, int]:
    """Of the update whose old row lies at ``old`` up to ``middle`` in the event's body: bytes with the old row at 0 and the whole
    new one, where that begins, and where the event's next row begins. Raises ValueError when the bytes are damaged, Unprocessable
    when the old document is not in the log."""
    body = event.body
    partial, at = partial_columns(body, middle, event.end, shape.json_columns)
    after = form.spans()
    stop = form.parse(after, body, at, event.present_after)
    if not partial:
        return body[old:middle] + body[at:stop], middle - old, stop
    before = form.spans()
    form.parse(before, body, old, event.present_before)
    pieces, copied = [body[old:middle]], at
    for column in sorted(partial):
        difference, document = after.raw(column), before.raw(column)
        if difference is None:
            continue
        if document is None:
            raise Unprocessable(
                f"an update of table {shape.database}.{shape.table} has only the differences of a JSON document (column number "
                f"{column + 1}), and the document itself is not in the log. To do: set binlog_row_value_options='' and "
                "binlog_row_image=FULL on the server, and make a new snapshot of the table; to go on without such changes, set "
                "event.processing.failure.handling.mode=warn")
        whole = apply_diffs(document, difference)
        pieces += [body[copied:after.start(column) - _LENGTH], len(whole).to_bytes(_LENGTH, "little"), whole]
        copied = after.end(column)
    pieces.append(body[copied:stop])
    return b"".join(pieces), middle - old, stop
