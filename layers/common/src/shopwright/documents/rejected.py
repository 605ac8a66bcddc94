"""Why a file cannot be taken in: changes when we learn of another way in which files go wrong.

The names are public: the ingestion machine catches each of them by name. The messages are for the merchant, say what
to change, and never quote the file.
"""

from shopwright.errors import Invalid


class Rejected(Invalid):
    """The file goes to quarantine with this message as the reason."""


class EmptyFile(Rejected):
    """There is not a byte, or nothing but white space, in it."""


class FileTooLarge(Rejected):
    """More than we read."""


class UnsupportedFormat(Rejected):
    """Not one of the formats that we read, or under a name that we may not repeat."""


class NotText(Rejected):
    """Named as text, but it holds something else."""


class WrongEncoding(Rejected):
    """Text, but not in the encoding that it claims, or in none that we can tell."""


class NoText(Rejected):
    """Well-formed, and nothing to read in it."""


class BrokenTable(Rejected):
    """Not a table that we can read."""


class BrokenJson(Rejected):
    """Not JSON."""


class TooDeeplyNested(Rejected):
    """Nested deeper than any document that a person wrote."""


class TooManyPassages(Rejected):
    """Longer than one document may be."""
