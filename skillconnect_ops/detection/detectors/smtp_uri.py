"""A mail server's URI with a password.

As Nodemailer, Symfony and Django read it. Who holds it sends mail in the owner's name.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import uri

DETECTOR = Detector(
    id="smtp-uri",
    what="mail server URI with a password",
    severity=Severity.CRITICAL,
    remedy="rotate the password, and keep it in the .env alone",
    keywords=("smtp://", "smtps://", "imap://", "imaps://", "pop3://", "pop3s://"),
    look=uri(rb"(?i:smtps?|imaps?|pop3s?)"),
    hits=(Example("MAILER_DSN=smtp://app:<alnum 20>@mail.corp.io:587"),),
    misses=(Example("smtp://mail.corp.io:25"),),
)
