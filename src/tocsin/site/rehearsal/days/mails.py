"""What mail servers answer in the rehearsed world."""

from __future__ import annotations

from email.message import EmailMessage

from django.conf import settings


def not_delivered(message_id: str, to: str) -> bytes:
    """What a mail server says of an address that does not exist (RFC 3464)."""
    mail = EmailMessage()
    mail["From"] = "MAILER-DAEMON@mx.example"
    mail["To"] = settings.TOCSIN_ORGANISATION.email
    mail["Subject"] = "Undelivered Mail Returned to Sender"
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\nThere is nobody of that name.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {to}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 unknown user\r\n"
        "\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        f"Message-ID: {message_id}\r\nSubject: notice\r\n\r\n.\r\n--b--\r\n"
    )
    head = mail.as_string().rstrip("\n").replace("\n", "\r\n")
    kind = 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"'
    return f"{head}\r\nMIME-Version: 1.0\r\n{kind}\r\n\r\n{body}".encode()
