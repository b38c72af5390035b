"""Mails; a stand-in until the real one lands."""

from skillconnect_ops.reference_api.settings import Settings


class Outbox:
    """Sends nothing yet."""

    def post(self, settings: Settings, *, to: str, subject: str, text: str) -> None:
        """Send a mail in the background."""

    async def close(self) -> None:
        """Wait for what is under way."""
