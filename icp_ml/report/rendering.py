"""Fills the templates that ship with the package; whatever comes from the data is escaped on its way in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

# An underscore inside a word is no emphasis in CommonMark; escaping it would only make names hard to read.
_MARKDOWN = re.compile(r"([\\`*\[\]|#~]|(?<![^\W_])_|_(?![^\W_]))")
_LINE_START = re.compile(r"^(\s*)([-+>]|\d+[.)])(?=\s|$)")


def render_html(template: str, values: Mapping[str, Any], functions: Mapping[str, Callable[..., str]]) -> str:
    """Fill an HTML template; ``functions`` are callable in it by name."""
    environment = _environment(autoescape=True)
    environment.globals.update(functions)
    return environment.get_template(template).render(**values)


def render_markdown(template: str, **values: Any) -> str:
    """Fill a Markdown template; every value is escaped, only the template's own markup takes effect."""
    environment = _environment(autoescape=False, finalize=markdown_safe)
    return environment.get_template(template).render(**values)


def markdown_safe(value: Any) -> str:
    r"""Write a value so that Markdown shows it as it is, on one line.

    >>> print(markdown_safe("b2b_saas _b_ <script> [x](y)"))
    b2b_saas \_b\_ &lt;script&gt; \[x\](y)
    >>> print(markdown_safe("1. # heading"))
    1\. \# heading
    """
    text = " ".join(str(value).split())
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = _MARKDOWN.sub(r"\\\1", text)
    return _LINE_START.sub(lambda m: f"{m[1]}{m[2][:-1]}\\{m[2][-1]}", escaped)


def _environment(autoescape: bool, finalize: Callable[[Any], Any] | None = None) -> Environment:
    return Environment(
        loader=PackageLoader("icp_ml.report", "templates"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
