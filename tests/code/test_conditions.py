"""Which conditions hold where a program serves its users."""

import pytest

from skillconnect_ops.code.conditions import in_production

_HOLD = (
    None,
    "process.env.NODE_ENV === 'production'",
    'process.env.NODE_ENV == "production"',
    "config.env !== 'test'",
    "process.env['NODE_ENV'] !== 'development'",
    "isProduction",
    "!isDev",
    "settings.production",
    "exchange_of(request).settings.production",
    'settings.ENVIRONMENT == "production"',
    'not settings.ENVIRONMENT == "local"',
    "not config.env === 'development'",
    "process.env.NODE_ENV !== 'test' and config.isProd",
)
_DO_NOT = (
    "process.env.NODE_ENV === 'development'",
    "process.env.NODE_ENV !== 'production'",
    "config.env === 'test'",
    "isDev",
    "!isProduction()",
    "not settings.production",
    'settings.ENVIRONMENT == "local"',
    "not process.env.NODE_ENV === 'production'",
    "process.env.USE and process.env.NODE_ENV === 'test'",
)
_ARE_NOT_TOLD = (
    "process.env.USE_LIMITS",
    "config.debug",
    "settings.production or settings.forced",
    "settings.production_database",
    "the path is /api",
    "isProduction and process.env.USE_LIMITS",
    "process.env.NODE_ENV === 'production' || config.force",
    "environmentally === 'friendly'",
)


@pytest.mark.parametrize("condition", _HOLD)
def test_what_holds_in_production(condition: str | None) -> None:
    assert in_production(condition) is True


@pytest.mark.parametrize("condition", _DO_NOT)
def test_what_holds_elsewhere_alone(condition: str) -> None:
    assert in_production(condition) is False


@pytest.mark.parametrize("condition", _ARE_NOT_TOLD)
def test_what_the_text_does_not_tell(condition: str) -> None:
    assert in_production(condition) is None
