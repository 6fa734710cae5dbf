"""How people write numbers as text: regular expressions that mean the same in every engine.

They are read by DuckDB here and by other engines in exported SQL, so they hold to what RE2, Java, ICU and PostgreSQL
agree on: classes of plain characters, no escapes. The caller matches the whole text.
"""

from __future__ import annotations

SPACES = "\u0020\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
"""What DuckDB's ``trim`` takes away: Unicode's space separators."""

_CURRENCIES = "$¢£¤¥֏؋৲৳৻૱௹฿៛₠₡₢₣₤₥₦₧₨₩₪₫€₭₮₯₰₱₲₳₴₵₶₷₸₹₺₻₼₽₾₿⃀꠸﷼﹩＄￠￡￥￦"
_CODES = (
    "AED|AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HKD|HUF|IDR|ILS|INR|JPY|KRW|MXN|MYR|NOK|NZD|PHP|PLN|RON|SAR|SEK|SGD|THB|"
    "TRY|TWD|USD|ZAR"
)
AROUND = f"(US|AU|CA|NZ|HK|A|C|R|S)?[{_CURRENCIES}]|%|^({_CODES})|({_CODES})$"
"""In trimmed text, what stands around a number without being a digit: currency signs, %, a currency code at an end."""
BRACKETS = "^[(](.*)[)]$"
"""In trimmed text, accounting's way of writing a negative number."""
GROUP = "['’ \u00a0\u202f]"
"""What may stand between thousands besides a comma or a dot."""

# Nothing is endless: a longer number would overflow, and in some engines a cast that overflows stops the whole query.
_EXPONENT = "([eE][+-]?[0-9]{1,2})?"
_LONG = "[0-9]{1,200}"
_SCIENTIFIC = "[0-9]([.][0-9]{0,200})?[eE][+-]?([12][0-9]{2}|30[0-7])"  # as programs write what is very large or small
WHOLE = "-?[0-9]{1,15}"
SHORT = f"{WHOLE}([.][0-9]{{1,20}})?"
PLAIN = f"[+-]?(({_LONG}[.]?[0-9]{{0,200}}|[.]{_LONG}){_EXPONENT}|{_SCIENTIFIC})"
GROUPED = f"[+-]?[1-9][0-9]{{0,2}}((,[0-9]{{3}}){{1,60}}|({GROUP}[0-9]{{3}}){{1,60}})([.]{_LONG})?"
_DOTS = f"([.][0-9]{{3}}){{1,60}}|({GROUP}[0-9]{{3}}){{1,60}}"
_COMMAS = f"(,[0-9]{{3}}){{1,60}}|({GROUP}[0-9]{{3}}){{1,60}}"
COMMA_DECIMAL = f"[+-]?({_LONG}|[0-9]{{1,3}}({_DOTS})),{_LONG}"
DOT_GROUPED = "[+-]?[1-9][0-9]{0,2}([.][0-9]{3}){2,60}"
PLAIN_COMMA = f"[+-]?({_LONG}|[0-9]{{1,3}}({_DOTS}))(,[0-9]{{0,200}})?"
PLAIN_DOT = f"[+-]?(({_LONG}|[0-9]{{1,3}}({_COMMAS}))?([.][0-9]{{0,200}})?{_EXPONENT}|{_SCIENTIFIC})"
ONE_MARK = "[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}"
"""One mark before three digits may separate thousands or decimals."""

SHAPES: dict[str | None, tuple[tuple[str, str], ...]] = {
    ",": ((PLAIN_COMMA, "comma"),),
    ".": ((PLAIN_DOT, "dot"),),
    None: ((PLAIN, "dot"), (GROUPED, "dot"), (COMMA_DECIMAL, "comma"), (DOT_GROUPED, "comma")),
}
"""By the attribute's decimal mark, which shapes a number may have, each with the decimal mark it is then read with."""
