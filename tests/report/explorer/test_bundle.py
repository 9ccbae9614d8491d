import pytest

from evalkit.errors import OutputError
from evalkit.report.explorer.bundle import FRONT, bundle_modules, bundle_styles, front_script


def test_a_module_comes_once_and_after_all_that_it_imports():
    modules = {
        "main.js": 'import { b } from "./b.js";\nimport {\n  c,\n} from "./c.js";\nb(c);',
        "b.js": '// b\nimport { c } from "./c.js";\n/** Of c. */\nexport function b() {\n  // inner\n  return c;\n}',
        "c.js": "export const c = 1; // kept",
    }
    assert bundle_modules(modules, "main.js") == (
        '(() => {\n"use strict";\nconst c = 1; // kept\nfunction b() {\n  return c;\n}\nb(c);\n})();\n'
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param('import a from "./a.js";', "main.js:1: 'import a from", id="default import"),
        pytest.param('import { a as b } from "./a.js";', "exports no 'a as b'", id="another name"),
        pytest.param('import { z } from "./a.js";', "exports no 'z'", id="what is not there"),
        pytest.param('import { a } from "lodash";', "cannot be joined", id="a package"),
        pytest.param('import { b } from "./b.js";', "no module 'b.js'", id="no such file"),
        pytest.param('import { d } from "./circle.js";', "in a circle", id="circle"),
        pytest.param("export default 1;", "an export stands before", id="default export"),
        pytest.param("\n\nawait import('./a.js');", "main.js:3", id="dynamic import"),
        pytest.param('import { a } from "./a.js";\nfunction a() {}', "declared in a.js, too", id="one name twice"),
        pytest.param("const { a } = b;", "declared by itself", id="names by pattern"),
        pytest.param('const a = "</script>";', "end the script", id="end of the script"),
        pytest.param("const a = `one\ntwo`;", "goes on in the next line", id="long template"),
        pytest.param("a.innerHTML = b;", "through `make` only", id="markup"),
    ],
)
def test_what_cannot_be_joined_is_refused(text: str, told: str):
    circle = 'import { a } from "./main.js";\nexport const d = 1;'
    with pytest.raises(OutputError, match=r".") as refused:
        bundle_modules({"main.js": text, "a.js": "export const a = 1;", "circle.js": circle}, "main.js")
    assert told in str(refused.value)


def test_styles_lose_comments_only():
    assert bundle_styles(["/* a\n b */\np { color: red; }\n\n", "q { }"]) == "p { color: red; }\nq { }\n"


def test_every_module_of_the_front_end_is_used():
    script = front_script()
    for path in FRONT.glob("*.js"):
        exported = [line for line in path.read_text("utf-8").splitlines() if line.startswith("export ")]
        for line in exported:
            assert line.removeprefix("export ") in script, path.name
    assert script == front_script()
