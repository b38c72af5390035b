"""One Atlas project for each test, on this machine."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from skillconnect_ops.adapters.atlas import AtlasAccounts
from skillconnect_ops.core.secret import Secret
from tests.adapters.atlas.server import Atlas

Open = Callable[..., AtlasAccounts]
TIMEOUT_S = 10.0
"""Machines that run tests can be busy; a test of slow answers has less."""


@pytest.fixture
def atlas() -> Iterator[Atlas]:
    with Atlas().running() as running:
        yield running


@pytest.fixture
def opened(atlas: Atlas) -> Iterator[Open]:
    """The adapter with a key of the project (`service_account`, `api_key`), or any other."""
    with ExitStack() as stack:

        def opens(credentials: str | None = None, **more: Any) -> AtlasAccounts:
            arguments: dict[str, Any] = {
                "clock": atlas.clock,
                "base_url": atlas.url,
                "timeout_s": TIMEOUT_S,
                "jitter": lambda: 0.5,
                **more,
            }
            project = arguments.pop("project", atlas.project)
            secret = Secret(credentials or atlas.service_account)
            return stack.enter_context(AtlasAccounts(project, secret, **arguments))

        yield opens


@pytest.fixture(params=["service_account", "api_key"])
def accounts(request: pytest.FixtureRequest, atlas: Atlas, opened: Open) -> AtlasAccounts:
    """The adapter, once with each sort of key."""
    return opened(getattr(atlas, request.param))
