"""The API's description is complete: examples, errors, who may call."""

from typing import Any

import pytest
from pydantic import BaseModel

from skillconnect_ops.reference_api.app import application
from skillconnect_ops.reference_api.errors import Code
from skillconnect_ops.reference_api.gate.paths import PRE_SESSION, PREFIX
from skillconnect_ops.reference_api.models import sent, told
from skillconnect_ops.reference_api.models.examples import EXAMPLES

DESCRIBED = application().openapi()
OPERATIONS = [
    (method, path, operation)
    for path, operations in DESCRIBED["paths"].items()
    for method, operation in operations.items()
]
NAMED = [f"{method} {path}" for method, path, _ in OPERATIONS]
MODELS = {**vars(sent), **vars(told)}
BODIES = (sent.Sent, told.Told, sent.NewPassword)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_fits_its_model(name: str) -> None:
    model: type[BaseModel] = MODELS[name]
    model.model_validate(EXAMPLES[name])


def test_every_body_has_an_example() -> None:
    bodies = {
        name
        for name, one in MODELS.items()
        if isinstance(one, type) and issubclass(one, BODIES) and one not in BODIES
    }
    assert bodies <= set(EXAMPLES)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMED)
def test_every_operation_tells_its_errors_and_examples(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    assert operation["summary"]
    assert operation["description"]
    if not path.startswith(f"{PREFIX}/") or "/health/" in path:
        assert set(operation["responses"]) == {"200", "503"}
        return
    answers = operation["responses"]
    assert {"400", "403", "422", "429", "500", "503"} <= set(answers)
    for status, answer in answers.items():
        body = answer["content"]["application/json"]
        if status.startswith("2"):
            continue
        assert body["schema"] == {"$ref": "#/components/schemas/Failure"}
        codes = {example["value"]["errorCode"] for example in body["examples"].values()}
        assert codes
        assert codes <= {code.wire for code in Code}
        assert "X-Request-Id" in answer["headers"]
    if "requestBody" in operation:
        assert {"408", "413", "415"} <= set(answers)
        assert operation["requestBody"]["content"]["application/json"]["examples"]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMED)
def test_who_may_call_is_told(method: str, path: str, operation: dict[str, Any]) -> None:
    public = path in PRE_SESSION - {f"{PREFIX}/auth/refresh", f"{PREFIX}/auth/logout"}
    private = path.startswith(f"{PREFIX}/") and "/health/" not in path and not public
    assert bool(operation.get("security")) is private
    if private:
        assert "401" in operation["responses"]


def test_every_sent_body_refuses_what_it_does_not_know() -> None:
    for name, schema in DESCRIBED["components"]["schemas"].items():
        if issubclass(MODELS.get(name, object), sent.Sent):
            assert schema["additionalProperties"] is False
