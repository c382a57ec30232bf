"""The grammar of statements that make, change and drop tables, over sqlglot's tokens. Pure: text → :mod:`tree`."""
