"""A real mail server on the loopback address, with one user."""

import asyncio
import gc
import ssl
import threading
import warnings
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

USER = "post@example.test"


class Talk(SMTP):
    """Notes its transports: the one below a failed handshake is closed by nobody else."""

    def __init__(self, *args: Any, below: list[Any], **options: Any) -> None:
        super().__init__(*args, **options)
        self._below = below

    def connection_made(self, transport: Any) -> None:
        self._below.append(transport)
        super().connection_made(transport)


class Post:
    """A mail server with one user, who may have several passwords; counts those it is told."""

    def __init__(
        self, password: str, *, implicit: ssl.SSLContext | None = None, **options: Any
    ) -> None:
        self.attempts = 0
        self.passwords = {password}
        self._loop = asyncio.new_event_loop()
        self._transports: list[Any] = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of what a test wants: logins in the clear
            made = self._loop.create_server(
                lambda: self._talking(**options),
                "127.0.0.1",
                0,
                ssl=implicit,
            )
            self._server = self._loop.run_until_complete(made)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def _talking(self, **options: Any) -> SMTP:
        return Talk(
            self,
            below=self._transports,
            authenticator=self.check,
            loop=self._loop,
            **options,
        )

    def check(self, *asked: Any) -> AuthResult:
        self.attempts += 1
        given = asked[4]
        assert isinstance(given, LoginPassword)
        right = given.login.decode() == USER and given.password.decode() in self.passwords
        return AuthResult(success=right, handled=False)

    def stop(self) -> None:
        """End it; once is enough."""
        if self._loop.is_closed():
            return

        async def end() -> None:
            self._server.close()
            await asyncio.sleep(0.05)  # whoever came last is still being let in
            for transport in self._transports:
                transport.abort()
            await asyncio.sleep(0.05)
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await asyncio.sleep(0.05)  # what they closed is given back a turn later
            self._loop.stop()

        asyncio.run_coroutine_threadsafe(end(), self._loop)
        self._thread.join(10)
        self._loop.close()
        self._transports.clear()
        with warnings.catch_warnings():
            # now and then asyncio leaves a socket of a failed handshake to the collector; it is
            # the test server's, and would else be held against whichever test comes later
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
