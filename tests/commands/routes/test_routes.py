"""`skc routes`: the table, its forms, and what it says where there is nothing to show."""

import os
from pathlib import Path

import pytest

from tests.conftest import Skc

APP = """
const express = require('express');
const limit = require('express-rate-limit');
const { celebrate, Joi } = require('celebrate');
const app = express();
app.use(express.json());
app.post('/a|b', celebrate({ body: Joi.object() }), (req, res) => res.json(req.body));
if (process.env.NODE_ENV === 'production') app.use(limit({ limit: 3 }));
app.get('/c/:id', (req, res) => res.json(req.params.id));
app.use('/more', require('./lost'));
app.use((err, req, res, next) => res.status(500).end());
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with an app."""
    (tmp_path / "backend").mkdir()
    (tmp_path / "backend" / "app.js").write_text(APP)
    (tmp_path / "front").mkdir()
    (tmp_path / "front" / "page.js").write_text("document.title = 'x';\n")
    return tmp_path


def test_the_table_names_each_route_and_what_protects_it(skc: Skc, shop: Path) -> None:
    ran = skc("routes", cwd=shop)
    assert ran.code == 0
    lines = [line.split() for line in ran.stdout.splitlines()]
    assert ["METHOD", "PATH", "AUTH", "VALID", "LIMIT", "CSRF", "WHERE"] in lines
    assert ["POST", "/a|b", "no", "yes", "no", "-", "backend/app.js:7"] in lines
    assert ["GET", "/c/:id", "no", "no", "partly", "-", "backend/app.js:9"] in lines
    assert "backend/app.js:10" in ran.stdout
    assert "2 routes, 1 of them write: 1 write without login" in ran.stdout
    assert "no error handler" not in ran.stdout


def test_the_json_names_the_middlewares_of_each_route(skc: Skc, shop: Path) -> None:
    report = skc("routes", "--format", "json", cwd=shop).json
    first, second = report["facts"]["routes"]
    assert (first["method"], first["path"]) == ("POST", "/a|b")
    assert (first["file"], first["line"]) == ("backend/app.js", 7)
    states = {name: first[name] for name in ("validation", "rate_limit", "csrf", "auth")}
    assert states == {
        "validation": "yes",
        "rate_limit": "no",
        "csrf": "not_needed",
        "auth": "no",
    }
    body, checked = first["middlewares"]
    assert (body["role"], body["package"], body["member"]) == ("body", "express", "json")
    assert (checked["role"], checked["package"]) == ("validation", "celebrate")
    assert checked["certainty"] == "high"
    limiter = second["middlewares"][-1]
    assert limiter["role"] == "rate_limit"
    assert limiter["condition"] == "process.env.NODE_ENV === 'production'"
    assert second["rate_limit"] == "conditional"
    assert [one["subject"] for one in report["unknown"]] == ["backend/app.js:10"]
    assert report["facts"]["apps"] == [
        {"path": "backend/app.js", "line": 5, "router": False, "framework": "express"}
    ]


def test_the_markdown_is_a_table_whose_signs_mean_nothing_else(skc: Skc, shop: Path) -> None:
    page = skc("routes", "--format", "markdown", cwd=shop).stdout.splitlines()
    assert "### app at backend/app.js:5" in page
    assert "| METHOD | PATH | AUTH | VALID | LIMIT | CSRF | WHERE |" in page
    assert r"| POST | /a\|b | no | yes | no | - | backend/app.js:7 |" in page
    assert any("backend/app.js:10" in line for line in page)


def test_a_part_of_the_project_can_be_asked_for(skc: Skc, shop: Path) -> None:
    assert len(skc("routes", "backend", "--format", "json", cwd=shop).json["facts"]["routes"]) == 2
    one = skc("routes", "backend/app.js", "--format", "json", cwd=shop).json
    assert len(one["facts"]["routes"]) == 2
    other = skc("routes", "front", "--format", "json", cwd=shop).json
    assert other["facts"]["routes"] == []


def test_a_folder_outside_of_the_project_is_looked_at_for_itself(
    skc: Skc, shop: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    found = skc("routes", str(shop / "backend"), "--format", "json", cwd=elsewhere).json
    assert [one["file"] for one in found["facts"]["routes"]] == ["app.js", "app.js"]


def test_no_app_is_no_error_but_said(skc: Skc, tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("console.log(1);\n")
    ran = skc("routes", cwd=tmp_path)
    assert ran.code == 0
    assert "no app of Express or FastAPI was found here" in ran.stdout
    report = skc("routes", "--format", "json", cwd=tmp_path).json
    assert report["facts"]["routes"] == []
    assert "no app or router of Express" in report["unknown"][0]["reason"]


def test_a_router_that_nothing_mounts_is_shown_as_one(skc: Skc, tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text(
        "const router = require('express').Router();\nrouter.get('/a', (q, s) => s.end());\n"
    )
    ran = skc("routes", cwd=tmp_path)
    assert "router that nothing here mounts at a.js:1" in ran.stdout
    assert "1 place could not be followed" in ran.stdout


def test_a_folder_that_is_not_there_or_cannot_be_listed_is_a_precondition(
    skc: Skc, tmp_path: Path
) -> None:
    ran = skc("routes", "missing", cwd=tmp_path)
    assert ran.code == 4
    assert "cannot be looked at" in ran.stderr
    if os.geteuid() == 0:
        pytest.skip("root may list every folder")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o000)
    assert skc("routes", "closed", cwd=tmp_path).code == 4
    closed.chmod(0o700)
