"""Which conditions hold where a program serves its users."""

import pytest

from skillconnect_ops.code.conditions import in_production, is_served

_HOLD = (
    None,
    "process.env.NODE_ENV === 'production'",
    'process.env.NODE_ENV == "production"',
    "'production' === process.env.NODE_ENV",
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
    "process.env.NODE_ENV === 'production' || config.force",
    "!(process.env.NODE_ENV !== 'production')",
    "(process.env.NODE_ENV || 'development') === 'production'",
    "process.env.NODE_ENV === 'production' ? true : false",
    "process.env.NODE_ENV?.toLowerCase() === 'production'",
    "['production', 'staging'].includes(process.env.NODE_ENV)",
    "['dev', 'test'].indexOf(process.env.NODE_ENV) === -1",
    "process.env.NODE_ENV in { production: 1 }",
    "process.env.APP_ENV === 'prod'",
    "app.get('env') === 'production'",
    "config.get('NODE_ENV') !== 'development'",
    "!!(process.env.NODE_ENV === 'production')",
    "process.env.NODE_ENV !== 'staging'",
    "(process.env.NODE_ENV as string) === 'production'",
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
    "!(process.env.NODE_ENV === 'production')",
    "!(isProduction)",
    "process.env.NODE_ENV === 'production' ? false : true",
    "process.env.NODE_ENV === 'staging'",
    "!!process.env.NODE_ENV === 'production'",
    "config.force && process.env.NODE_ENV === 'test'",
    "not process.env.NODE_ENV === 'production' || config.force",
    "!['production', 'staging'].includes(process.env.NODE_ENV)",
    "process.env.NODE_ENV === 'local'",
)
_ARE_NOT_TOLD = (
    "process.env.USE_LIMITS",
    "config.debug",
    "settings.production or settings.forced",
    "settings.production_database",
    "the path is /api",
    "an error",
    "isProduction and process.env.USE_LIMITS",
    "process.env.NODE_ENV === 'production' && config.force",
    "environmentally === 'friendly'",
    "config.auth.mode === 'local'",
    "req.body.mode === 'development'",
    "req.query.env === 'test'",
    "cfg.env === 'local'",
    "mode === 'production'",
    "process.env.NODE_ENV === 'docker'",
    "process.env.NODE_ENV === process.env.WANTED",
    "process.env.NODE_ENV === 'production' && !process.env.WITHOUT_…",
    "req.isTest",
    "user.isProduct",
)
_SERVED = (
    None,
    "process.env.NODE_ENV === 'production'",
    "process.env.NODE_ENV === 'staging'",
    "config.auth.mode === 'local'",
    "process.env.NODE_ENV !== 'production' && process.env.NODE_ENV !== 'development'",
    "isStaging",
    "process.env.USE_LIMITS",
)
_NOT_SERVED = (
    "process.env.NODE_ENV === 'development'",
    "isDev",
    "process.env.NODE_ENV !== 'production'",
    "['development', 'test'].includes(process.env.NODE_ENV)",
)


@pytest.mark.parametrize("condition", _HOLD)
def test_what_holds_in_production(condition: str | None) -> None:
    assert in_production(condition) is True


@pytest.mark.parametrize("condition", _DO_NOT)
def test_what_does_not_hold_in_production(condition: str) -> None:
    assert in_production(condition) is False


@pytest.mark.parametrize("condition", _ARE_NOT_TOLD)
def test_what_the_text_does_not_tell(condition: str) -> None:
    assert in_production(condition) is None


@pytest.mark.parametrize("condition", _SERVED)
def test_what_runs_where_others_use_it(condition: str | None) -> None:
    assert is_served(condition)


@pytest.mark.parametrize("condition", _NOT_SERVED)
def test_what_runs_for_those_who_write_it_alone(condition: str) -> None:
    assert not is_served(condition)
