import re
from base64 import b64decode, b64encode
from hashlib import sha256

import pytest

from evalkit.report.explorer.bundle import front_loader, front_script, front_style
from evalkit.report.explorer.chunks import packed
from evalkit.report.explorer.page import chunk_file, explorer_page
from tests.report.explorer.payload import page

KILOBYTE = 1000


def hash_of(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def test_the_policy_allows_this_script_and_this_style_and_nothing_else():
    html = explorer_page("t", "<div><style>p{}</style></div>", packed({}), [packed({})]).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert set(rules["script-src"].split()) == {hash_of(front_loader()), hash_of(front_script())}
    assert set(rules["style-src"].split()) == {hash_of(front_style()), hash_of("p{}")}
    assert rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["require-trusted-types-for"] == "'script'"
    assert not re.findall(r"""\s(?:on\w+|style)=["']""", html)
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", html)


def test_the_application_and_an_empty_page_are_small():
    application = packed(front_script())
    carried = len(b64encode(application)) + len(front_loader()) + len(front_style())
    assert carried <= 60 * KILOBYTE
    assert len(explorer_page("t", "", packed({}))) <= 120 * KILOBYTE


def test_the_same_input_gives_the_same_bytes():
    assert page(["one", "two"]) == page(["one", "two"])


def test_a_title_is_text():
    html = explorer_page("<script>a</script>\u202e", "", packed({})).decode()
    assert "<title>&lt;script&gt;a&lt;/script&gt;�</title>" in html


def test_chunks_may_lie_beside_the_page():
    html = explorer_page("t", "", packed({}), files=['n.files/"0".js']).decode()
    assert 'data-chunk="0" data-file="n.files/&quot;0&quot;.js"></script>' in html
    assert "'strict-dynamic'" in html
    name, number, text = re.fullmatch(r'(\w+)\((\d+), "(.*)"\);\n', chunk_file(b"abc", 7).decode()).groups()
    assert (name, number, b64decode(text)) == ("evalkitChunk", "7", b"abc")


@pytest.mark.parametrize("word", ["http:", "https:", "//cdn"])
def test_nothing_is_loaded_from_outside(word: str):
    script = front_script().replace('"http://www.w3.org/2000/svg"', "")
    assert word not in script + front_style()
