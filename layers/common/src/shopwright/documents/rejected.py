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


class UnsafeName(Rejected):
    """A name that reads as another place than the one where the file lies, or as another name than it is."""


class Mislabelled(Rejected):
    """It is of another kind than its ending says."""


class NotText(Rejected):
    """Named as text, but it holds something else."""


class WrongEncoding(Rejected):
    """Text, but not in the encoding that it claims, or in none that we can tell."""


class NoText(Rejected):
    """Well-formed, and nothing to read in it."""


class ScannedPages(Rejected):
    """Pictures of pages, without the text on them."""


class EncryptedFile(Rejected):
    """Nobody reads it without its password."""


class BrokenFile(Rejected):
    """Of the kind that its ending says, and damaged."""


class ExpandsTooMuch(Rejected):
    """Small as it lies there, and huge when unpacked."""


class TooManyPages(Rejected):
    """More pages, slides or sheets than we read of one file."""


class TooManyParts(Rejected):
    """A package of more parts than any document needs."""


class TooMuchText(Rejected):
    """More text in it than we take of one file."""


class TooSlow(Rejected):
    """Reading it took longer than one file may."""


class TooMuchMemory(Rejected):
    """Reading it took more memory than one file may."""


class ReaderCrashed(Rejected):
    """The process that read it died of it."""


class BrokenXml(Rejected):
    """Not XML."""


class EntitiesDeclared(Rejected):
    """XML that declares entities of its own: they are how XML reads other files, and how it grows without bound."""


class BrokenTable(Rejected):
    """Not a table that we can read."""


class BrokenJson(Rejected):
    """Not JSON."""


class BrokenFeed(Rejected):
    """A product feed of which no row can be read."""


class TooDeeplyNested(Rejected):
    """Nested deeper than any document that a person wrote."""


class TooManyPassages(Rejected):
    """Longer than one document may be."""
