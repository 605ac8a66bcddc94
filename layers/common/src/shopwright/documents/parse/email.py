"""E-mails to blocks: changes when mail programs write them in another way.

What is read: subject, date, the text (or its HTML, where there is no text), and the attachments that we read, down to
one level. What is not: who wrote to whom, and every other header.
"""

from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart

from shopwright.documents.document import Format, format_of
from shopwright.documents.parse import html, text
from shopwright.documents.parse.block import Extract, Parsed, heading, squeeze
from shopwright.documents.rejected import BrokenFile, Mislabelled, NoText, Rejected

MAX_ATTACHMENTS = 10
MAX_PARTS = 200
_HEADERS = ("from", "to", "subject", "date", "received", "message-id", "mime-version", "content-type", "return-path")
_BROKEN = "This e-mail is damaged. Export it from the mail program again."


def parse(data: bytes) -> Parsed:
    """The message first, then its attachments by name."""
    try:
        message = message_from_bytes(data, policy=policy.default)
        if not any(name in message for name in _HEADERS):
            raise Mislabelled("This file is no e-mail, though its ending says so. Export it from the mail program.")
        subject = heading(str(message.get("subject", "")))
        parts = [part for _, part in zip(range(MAX_PARTS), message.walk(), strict=False)]
        extract = Extract()
        if date := squeeze(str(message.get("date", "")), limit=80):
            extract.add((), f"{subject}; Date: {date}" if subject else f"Date: {date}")
        elif subject:
            extract.add((), subject)
        headed = len(extract.blocks)
        _body(message, extract)
        _attachments(parts, extract)
    except (MessageError, LookupError, ValueError, TypeError, AttributeError, AssertionError, ArithmeticError):
        # The mail library trusts headers to be well-formed where it takes them apart.
        raise BrokenFile(_BROKEN) from None
    if len(extract.blocks) == headed:
        raise NoText("This e-mail holds no text and no attachment that we read. Upload one with text in it.")
    return Parsed(subject, tuple(extract.blocks))


def _body(message: EmailMessage, extract: Extract) -> None:
    body = message.get_body(("plain", "html"))
    if body is None:
        return
    said = _content(body)
    if said.strip():
        extract.take(html.parse(said) if body.get_content_subtype() == "html" else text.parse(said))


def _content(part: MIMEPart) -> str:
    charset = part.get_content_charset("utf-8")
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    try:
        return raw.decode(charset)
    except (LookupError, UnicodeDecodeError):
        return raw.decode("utf-8" if charset != "utf-8" else "cp1252", "replace")


def _attachments(parts: list[EmailMessage], extract: Extract) -> None:
    """Those of a format that we read. One that cannot be read is left out: the message is what was uploaded."""
    # Imported here and not above: it imports this module, for mails as such.
    from shopwright.documents.parse.formats import parse as parse_any

    taken = 0
    for part in parts:
        name = part.get_filename("")
        if part.is_multipart() or not name or taken == MAX_ATTACHMENTS:
            continue
        payload = part.get_payload(decode=True)
        try:
            kind = format_of(name)
            if kind is Format.EMAIL or not isinstance(payload, bytes):
                continue
            taken += 1
            extract.take(parse_any(payload, kind), (heading(name),))
        except Rejected:
            continue
