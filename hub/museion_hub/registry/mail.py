"""Sends an invitation by mail, through the server that the settings name.

Called in a thread, never inside a transaction: a mail server may take its time. What it says is
told to whoever invited; the invitation is there all the same.
"""

import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Final

from museion_hub.settings import Mail, MailSecurity

TIMEOUT_S: Final = 10.0
_TEXT: Final = """\
{inviter} invites you to the workgroup "{workgroup}" on {site}, as {role}.

Follow this link to join:

{url}

It can be used until {until} UTC. If you did not expect this mail, leave it: nothing happens.
"""


@dataclass(frozen=True, slots=True)
class Letter:
    """What an invitation's mail says."""

    to: str
    inviter: str
    workgroup: str
    site: str
    role: str
    url: str
    expires: datetime


def send(settings: Mail, letter: Letter) -> str:
    """Send a letter.

    Returns
    -------
    str
        Empty if the mail server took it, else why not, in one sentence.
    """
    try:
        with _connect(settings) as server:
            if settings.username:
                password = Path(settings.password_file).read_text(encoding="utf-8").strip()
                server.login(settings.username, password)
            server.send_message(_message(settings, letter))
    except smtplib.SMTPRecipientsRefused:
        return f"The mail server does not take mail for this address: {letter.to}"
    except smtplib.SMTPAuthenticationError:
        return "The mail server does not accept the deployment's name and password"
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        return f"The mail could not be sent: {type(error).__name__}"
    return ""


def _connect(settings: Mail) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if settings.security is MailSecurity.TLS:
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=TIMEOUT_S, context=context)
    server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_S)
    try:
        if settings.security is MailSecurity.STARTTLS:
            server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server


def _message(settings: Mail, letter: Letter) -> EmailMessage:
    message = EmailMessage()
    message["From"] = settings.sender
    message["To"] = letter.to
    message["Subject"] = f"Invitation to {letter.workgroup}"
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=settings.sender.rpartition("@")[2] or None)
    message.set_content(
        _TEXT.format(
            inviter=letter.inviter,
            workgroup=letter.workgroup,
            site=letter.site,
            role=letter.role,
            url=letter.url,
            until=letter.expires.strftime("%d %B %Y, %H:%M"),
        )
    )
    return message
