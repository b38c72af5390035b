"""Findings as Markdown: a comment that nothing in the code can turn into something else."""

from skillconnect_ops.core.finding import Finding, Severity
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.view import Lines
from skillconnect_ops.terminal.markdown import as_markdown


def finding(message: str, *, path: str = "a.js", suppressed: str | None = None) -> Finding:
    return Finding(
        id="some-fault",
        severity=Severity.HIGH,
        path=path,
        line=3,
        message=message,
        remedy="mend it",
        fingerprint=message,
        suppressed=suppressed,
    )


def test_what_the_view_says_stands_above_the_findings() -> None:
    view = (Lines(("looked at #1",)), Lines(("last",)))
    page = as_markdown(Report(command="audit", findings=(finding("one"),), view=view))
    assert page.startswith("looked at \\#1\n\nlast\n\n### 1 finding: 1 high\n")


def test_each_finding_has_a_row_and_each_remedy_one_line() -> None:
    found = (finding("one"), finding("two"), finding("three", suppressed="allowed: x"))
    page = as_markdown(Report(command="audit", findings=found))
    assert "### 2 findings: 2 high" in page
    assert page.count("| high | `a.js:3` |") == 2
    assert page.count("- **some-fault**: mend it") == 1
    assert "three" not in page


def test_no_text_becomes_markup_a_mention_or_a_cell() -> None:
    page = as_markdown(
        Report(command="audit", findings=(finding("a | b @all <img> `x`\n# y", path="a|`b.js"),))
    )
    (row,) = (line for line in page.splitlines() if line.startswith("| high"))
    assert r"\| b \@all \<img\> \`x\`" in row
    assert r"``a\|`b.js:3``" in row
    assert row.replace(r"\|", "").count("|") == 5


def test_what_was_not_looked_at_is_folded_away() -> None:
    page = as_markdown(Report(command="audit", unknown=(Unknown("b.js", "it is too large"),)))
    assert "<summary>1 place not looked at</summary>" in page
    assert "- b.js: it is too large" in page


def test_a_comment_does_not_grow_without_end() -> None:
    many = tuple(finding(f"number {n}") for n in range(1000))
    page = as_markdown(Report(command="audit", findings=many))
    assert len(page) < 65_536
    assert "… and 800 more." in page
