"""The data of "What if" inside the report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup


def what_if_data(document: Mapping[str, Any]) -> Markup:
    r"""Return the document as JSON that cannot end the script element it stands in, however rules are worded.

    >>> print(what_if_data({"text": "</script> & é"}))
    {"text":"\u003c/script\u003e \u0026 é"}
    """
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))
