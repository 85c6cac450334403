"""A digest as one mail, in text and HTML, with files: it is sent once every address has been taken by the server.

The address is Apprise's (mailto://, mailtos://); the sending is ours, because Apprise's own takes a mail for sent of
which the server refused a copy, makes the text out of the HTML, and gives each try another Message-ID.
"""

import hashlib
import mimetypes
import smtplib
import ssl
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Any

from jindu.alerts.digest import Digest
from jindu.settings import OFFICE_TIMEZONE

SECONDS = 30.0  # for a connection, and for each piece of an answer; channel.py has the deadline of the whole
ATTACHED_BYTES = 10_000_000  # of all files together: what mail servers take; the text names every file
TOO_BIG = (552, 523)
FIRST_CODE = 200  # an answer begins with three digits, the first of them 2 or more


class UnsentMailError(Exception):
    """The server has not taken the mail for everybody; the message names no address."""

    def __init__(self, words: str, *, is_hung: bool = False) -> None:
        super().__init__(words)
        self.is_hung = is_hung  # there was no answer in time


def send_mail(service: Any, digest: Digest, accepted: Collection[str], on_accepted: Callable[[str], None]) -> None:
    """Send to those who are not in `accepted`; `on_accepted` is told each key of an address that was taken.

    `service` is Apprise's reading of the URL. Raises UnsentMailError.
    """
    addresses = list(dict.fromkeys([address for _, address in service.targets] + [*service.cc, *service.bcc]))
    left = [address for address in addresses if address_key(address) not in accepted]
    if not addresses:
        raise UnsentMailError("no address to send to")
    try:
        with _session(service) as session:
            refused = _submit(session, service, digest, left)
            with suppress(smtplib.SMTPException, OSError):  # it has the mail; how it says goodbye changes nothing
                session.quit()
    except (smtplib.SMTPException, OSError) as error:
        raise UnsentMailError(_words(error), is_hung=isinstance(error, TimeoutError)) from error
    for address in left:
        if address not in refused:
            on_accepted(address_key(address))
    if refused:
        code, _ = next(iter(refused.values()))
        raise UnsentMailError(f"{len(refused)} of {len(addresses)} addresses refused, {code}")


def address_key(address: str) -> str:
    """An address as a file may hold it."""
    return hashlib.sha256(address.lower().encode()).hexdigest()[:16]


def message_of(service: Any, digest: Digest, *, with_files: bool = True) -> EmailMessage:
    """The mail; the same digest has the same Message-ID, so that mail programs drop a repeat."""
    mail = EmailMessage(policy=SMTP)
    name, sender = service.from_addr
    mail["Subject"] = digest.subject
    mail["From"] = formataddr((name or "jindu", sender))
    mail["To"] = ", ".join(formataddr((name or "", address)) for name, address in service.targets)
    if service.cc:
        mail["Cc"] = ", ".join(sorted(service.cc))
    if service.reply_to:
        mail["Reply-To"] = ", ".join(sorted(service.reply_to))
    mail["Date"] = format_datetime(datetime.now(OFFICE_TIMEZONE))
    mail["Message-ID"] = f"<{digest.digest_id}@{sender.rpartition('@')[2] or 'jindu'}>"
    mail["X-Jindu-Digest"] = digest.digest_id
    mail["Auto-Submitted"] = "auto-generated"  # no holiday replies
    mail.set_content(digest.text, cte="base64")
    mail.add_alternative(digest.html, subtype="html", cte="base64")
    size = 0
    for file in digest.files if with_files else ():
        try:
            content = file.path.read_bytes()
        except OSError:  # taken away since: the sender has answered again, and the text names it
            continue
        size += len(content)
        if size <= ATTACHED_BYTES:
            main, sub = (mimetypes.guess_type(file.name)[0] or "application/octet-stream").split("/")
            mail.add_attachment(content, maintype=main, subtype=sub, filename=file.name)
    return mail


def _session(service: Any) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if not service.verify_certificate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if service.secure_mode == "ssl":
        session: smtplib.SMTP = smtplib.SMTP_SSL(service.smtp_host, service.port, timeout=SECONDS, context=context)
    else:
        session = smtplib.SMTP(service.smtp_host, service.port, timeout=SECONDS)
    try:
        if service.secure_mode == "starttls":
            session.starttls(context=context)
        if service.user and service.password:
            session.login(service.user, service.password)
    except (smtplib.SMTPException, OSError):
        session.close()
        raise
    return session


def _submit(session: smtplib.SMTP, service: Any, digest: Digest, left: list[str]) -> dict[str, tuple[int, bytes]]:
    """What the server refused, by address; without the files where they are too big for it."""
    sender = service.from_addr[1]
    try:
        return session.sendmail(sender, left, message_of(service, digest).as_bytes()) if left else {}
    except smtplib.SMTPRecipientsRefused as error:
        return error.recipients
    except smtplib.SMTPResponseException as error:
        if error.smtp_code not in TOO_BIG or not digest.files:
            raise
        return session.sendmail(sender, left, message_of(service, digest, with_files=False).as_bytes())


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        if error.smtp_code < FIRST_CODE:
            return "the server's answer broke off"
        return f"SMTP {error.smtp_code}"  # its text may quote an address
    return type(error).__name__
