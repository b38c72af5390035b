"""A rotation on a real server proves its item for the target and cluster that it was of."""

from tests.commands.checklist.shop import Shop
from tests.commands.rotate.app import App, app
from tests.commands.secrets.test_scan import git

__all__ = ["app"]


def test_a_credential_that_was_seen_refused_counts_for_its_own_target(app: App) -> None:
    git(app.root, "init", "--quiet")
    shop = Shop(app.root, app.skc)
    shop.lists({"dead": "- evidence: credential.refused\n  by: [secret]\n  within: 90d"})
    git(app.root, "commit", "--quiet", "-m", "first")
    assert app.run("init", "--enroll", "--yes").code == 0

    def state() -> str:
        ran = app.run("checklist")
        assert ran.code == 0, ran.stderr
        (item,) = ran.json["facts"]["items"]
        return str(item["status"])

    assert app.run("rotate", "--yes").code == 0
    assert state() == "MISSING"
    assert app.run("rotate", "finish", "--yes").code == 0
    assert state() == "PASS"
    settings = (app.root / "skc.yaml").read_text()
    name = next(iter(app.run("checklist").json["subject"]["target"].split()))
    (app.root / "skc.yaml").write_text(settings.replace(f"  {name}:", "  another:"))
    assert state() == "MISSING"
