"""Where quotation marks open and close, above all single ones, which are apostrophes too."""

from __future__ import annotations

import pytest

from evalkit.records import Span
from evalkit.text.quotation_marks import quotations


def found(text: str) -> list[str]:
    """What is quoted, line by line."""
    quoted, start = [], 0
    for line in text.split("\n"):
        quoted += [text[one.start : one.end] for one in quotations(text, Span(start, start + len(line)))]
        start += len(line) + 1
    return quoted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("'We go,' said Moen. 'Now.'", ["'We go,'", "'Now.'"], id="straight single marks"),
        pytest.param("‘We go,’ said Moen.", ["‘We go,’"], id="curly single marks"),
        pytest.param("Moen's 'plan' isn't Lie's.", ["'plan'"], id="owners and left-out letters"),
        pytest.param("'It's the workers' hall,' she said.", ["'It's the workers' hall,'"], id="a plural owner inside"),
        pytest.param("The workers' hall and the miners' union.", [], id="plural owners"),
        pytest.param("In the '90s Moen's band played rock 'n' roll.", [], id="decades, and a left-out and"),
        pytest.param("Let 'em go, said the boys' coach.", [], id="left-out letters"),
        pytest.param("'We loved the '90s,' she said.", ["'We loved the '90s,'"], id="a decade inside"),
        pytest.param("It was '42' or '43'.", ["'42'", "'43'"], id="numbers in marks"),
        pytest.param("'He said \"no\" to us,' said Moen.", ["'He said \"no\" to us,'"], id="double marks inside"),
        pytest.param("\"It's the workers' hall,\" he said.", ["\"It's the workers' hall,\""], id="inside double marks"),
        pytest.param("'We go.\n'We stay,' said Moen.", ["'We go.", "'We stay,'"], id="speech over paragraphs"),
        pytest.param("'Twas late.\nMoen left.", [], id="no speech that goes on"),
        pytest.param("'We go.\n'\"No,\" said Moen.", ['"No,"'], id="not on a page with double marks"),
    ],
)
def test_marks_and_apostrophes(text: str, expected: list[str]) -> None:
    assert found(text) == expected
