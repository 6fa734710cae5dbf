"""How each SQL dialect reads a raw cell: templates of its own SQL, parsed and written by sqlglot. Contract, section 2.

In a template ``__cell`` is the raw column, ``__text`` the cell as text, ``__bare`` the digits of a number;
``__spaces``, ``__separator`` and patterns are literals. Every engine sees one of four typed columns:

- a number as a double, NULL where missing;
- a category as text, NULL where missing, with ``suffix`` behind it where the engine's ``=`` ignores trailing spaces;
- a boolean as 1 or 0, NULL where missing;
- tags as text in which every tag stands between two separators; never NULL.

Patterns are matched against ``text || '|'`` and end in ``[|]`` instead of ``$``, which in some engines also matches
before a line break at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from icp_ml.errors import ConfigError, nearest
from icp_ml.tables.parsing import FALSE_WORDS, TRUE_WORDS

_PLAIN_ONLY = (
    "a number column must hold numbers, or text with plain ones ('1234.5'): '1,234', '1 234', '5 %' and the "
    "like are missing here, while icp score reads them"
)
_EXACT_TEXT = "a category column must be text; levels that are numbers must not be stored as 5.0, nor days with a time"
_TRUE = ", ".join(f"'{word}'" for word in TRUE_WORDS)
_FALSE = ", ".join(f"'{word}'" for word in FALSE_WORDS)


def _in_words(word: str) -> str:
    return f"CASE WHEN {word} IN ({_TRUE}) THEN 1 WHEN {word} IN ({_FALSE}) THEN 0 END"


@dataclass(frozen=True)
class Dialect:
    """One SQL dialect.

    Parameters
    ----------
    name : str
        As people write it.
    sqlglot : str
        As sqlglot calls it.
    text : str
        Template of the raw cell as text, from ``cell``; NULL where it is NULL.
    category : str
        Template of a category, from ``cell`` and ``text``.
    number : str
        Template of a number whose text is plain, from ``cell`` and ``text``.
    boolean : str
        Template of a boolean, from ``cell`` and ``text``.
    trimmed, spaced : str
        Templates: ``text`` without outer spaces, and ``text`` with the pattern ``around`` replaced by ``separator``.
    listed : str
        Template of a cell of tags as delimited text, where ``text`` is not it.
    tags : str
        Template of the tags between separators, where it cannot be made of ``trimmed`` and ``spaced``.
    is_text, finite, bare, matches, digits : str
        Templates that read numbers written for people; none where the dialect reads plain ones alone.
    suffix : str
        What a category and a level both end in.
    is_boolean : str
        Template that asks whether the column holds booleans, where the dialect can be asked.
    repeats : bool
        Whether the engine puts an inner SELECT's expressions wherever an outer one names them, working each out again;
        an ``OFFSET 0`` keeps it from that.
    limits : tuple of str
        What this dialect cannot say.
    """

    name: str
    sqlglot: str
    text: str
    category: str
    number: str
    boolean: str
    trimmed: str
    spaced: str
    listed: str = ""
    tags: str = ""
    is_text: str = ""
    finite: str = ""
    signed: str = ""
    bare: str = ""
    matches: str = ""
    digits: str = ""
    suffix: str = ""
    is_boolean: str = ""
    repeats: bool = False
    limits: tuple[str, ...] = field(default=(_PLAIN_ONLY, _EXACT_TEXT))

    @property
    def reads_numbers_for_people(self) -> bool:
        """Whether ``1,234`` or ``(5 %)`` is read as icp score reads it."""
        return bool(self.is_text)


# A whole number held as a double or decimal, and a day held with its midnight, read as in a text file.
_AS_TEXT = "REGEXP_REPLACE(__text, '([.]0+| 00:00:00)$', '')"
_DUCKDB_TEXT = "TYPEOF(__cell) = 'VARCHAR'"
_POSTGRES_TEXT = "CAST(PG_TYPEOF(__cell) AS TEXT) IN ('text', 'character varying', 'character')"
_SPARK_TEXT = "TYPEOF(__cell) = 'string'"

DUCKDB = Dialect(
    name="DuckDB",
    sqlglot="duckdb",
    text="CAST(__cell AS VARCHAR)",
    listed="CASE WHEN TYPEOF(__cell) LIKE '%[]' THEN ARRAY_TO_STRING(TRY_CAST(__cell AS VARCHAR[]), __separator) "
    "ELSE CAST(__cell AS VARCHAR) END",
    category=f"CASE WHEN {_DUCKDB_TEXT} THEN NULLIF(__text, '') WHEN __text NOT IN ('nan', 'inf', '-inf') "
    f"THEN {_AS_TEXT} END",
    number="TRY_CAST(__cell AS DOUBLE)",
    boolean=_in_words(f"LOWER(TRIM(CASE WHEN {_DUCKDB_TEXT} THEN __text ELSE {_AS_TEXT} END))"),
    trimmed="TRIM(__text)",
    spaced="REGEXP_REPLACE(__text, __around, __separator, 'g')",
    is_text=_DUCKDB_TEXT,
    is_boolean="TYPEOF(__cell) = 'BOOLEAN'",
    finite="ISFINITE(TRY_CAST(__cell AS DOUBLE))",
    signed="REGEXP_REPLACE(REPLACE(TRIM(__text), '−', '-'), __brackets, '-\\1')",
    bare="TRIM(REGEXP_REPLACE(__text, __around, '', 'g'))",
    matches="REGEXP_MATCHES(__bare || '|', __pattern)",
    digits="TRY_CAST(__bare AS DOUBLE)",
    limits=(),
)
POSTGRES = Dialect(
    name="PostgreSQL",
    sqlglot="postgres",
    text="CAST(__cell AS TEXT)",
    listed="CASE WHEN CAST(PG_TYPEOF(__cell) AS TEXT) LIKE '%[]' THEN "
    "ARRAY_TO_STRING(CAST(CAST(__cell AS TEXT) AS TEXT[]), __separator) ELSE CAST(__cell AS TEXT) END",
    category=f"CASE WHEN {_POSTGRES_TEXT} THEN NULLIF(__text, '') WHEN __text NOT IN ('NaN', 'Infinity', '-Infinity') "
    f"THEN {_AS_TEXT} END",
    number="CAST(__cell AS DOUBLE PRECISION)",
    boolean=_in_words(f"LOWER(TRIM(__spaces FROM CASE WHEN {_POSTGRES_TEXT} THEN __text ELSE {_AS_TEXT} END))"),
    trimmed="TRIM(__spaces FROM __text)",
    spaced="REGEXP_REPLACE(__text, __around, __separator, 'g')",
    is_text=_POSTGRES_TEXT,
    is_boolean="CAST(PG_TYPEOF(__cell) AS TEXT) = 'boolean'",
    finite="__text NOT IN ('NaN', 'Infinity', '-Infinity')",
    signed="REGEXP_REPLACE(REPLACE(TRIM(__spaces FROM __text), '−', '-'), __brackets, '-\\1')",
    bare="TRIM(__spaces FROM REGEXP_REPLACE(__text, __around, '', 'g'))",
    matches="__bare || '|' ~ __pattern",
    digits="CAST(__bare AS DOUBLE PRECISION)",
    repeats=True,
    limits=(),
)
# Spark writes 12345678.0 as 1.2345678E7.
_SPARK_WHOLE = (
    "WHEN ABS(TRY_CAST(__cell AS DOUBLE)) < 1e18 AND TRY_CAST(__cell AS DOUBLE) = FLOOR(TRY_CAST(__cell AS DOUBLE)) "
    "THEN CAST(TRY_CAST(__cell AS BIGINT) AS STRING)"
)
SPARK = Dialect(
    name="Spark",
    sqlglot="spark",
    text="CAST(__cell AS STRING)",
    listed="CONCAT_WS(__separator, __cell)",  # of a list its parts, of a text the text itself
    category=f"CASE WHEN {_SPARK_TEXT} THEN NULLIF(__text, '') {_SPARK_WHOLE} "
    f"WHEN __text NOT IN ('NaN', 'Infinity', '-Infinity') THEN {_AS_TEXT} END",
    number="TRY_CAST(__cell AS DOUBLE)",
    boolean=_in_words(f"LOWER(TRIM(BOTH __spaces FROM CASE WHEN {_SPARK_TEXT} THEN __text ELSE {_AS_TEXT} END))"),
    trimmed="TRIM(BOTH __spaces FROM __text)",
    spaced="REGEXP_REPLACE(__text, __around, __separator)",
    is_text=_SPARK_TEXT,
    is_boolean="TYPEOF(__cell) = 'boolean'",
    finite="__text NOT IN ('NaN', 'Infinity', '-Infinity')",
    signed="REGEXP_REPLACE(REPLACE(TRIM(BOTH __spaces FROM __text), '−', '-'), __brackets, '-$1')",
    bare="TRIM(BOTH __spaces FROM REGEXP_REPLACE(__text, __around, ''))",
    matches="__bare || '|' RLIKE __pattern",
    digits="TRY_CAST(__bare AS DOUBLE)",
    limits=(),
)
DATABRICKS = replace(SPARK, name="Databricks", sqlglot="databricks")
SNOWFLAKE = Dialect(
    name="Snowflake",
    sqlglot="snowflake",
    text="CAST(__cell AS VARCHAR)",
    category="NULLIF(__text, '')",
    number="CASE WHEN REGEXP_LIKE(__text || '|', __plain) THEN CAST(__cell AS DOUBLE) END",
    boolean=_in_words("LOWER(TRIM(__text, __spaces))"),
    trimmed="TRIM(__text, __spaces)",
    spaced="REGEXP_REPLACE(__text, __around, __separator)",
    limits=(
        _PLAIN_ONLY,
        _EXACT_TEXT,
        "names are quoted and spelled as in the source: Snowflake then looks for exactly that case",
    ),
)
BIGQUERY = Dialect(
    name="BigQuery",
    sqlglot="bigquery",
    text="CAST(__cell AS STRING)",
    category="NULLIF(__text, '')",
    number="CASE WHEN REGEXP_CONTAINS(__text || '|', __plain) THEN SAFE_CAST(__cell AS FLOAT64) END",
    boolean=_in_words("LOWER(TRIM(__text, __spaces))"),
    trimmed="TRIM(__text, __spaces)",
    spaced="REGEXP_REPLACE(__text, __around, __separator)",
)
_REDSHIFT_TRUE = "'true', 'True', 'TRUE', 'yes', 'Yes', 'YES', 't', 'T', '1'"
_REDSHIFT_FALSE = "'false', 'False', 'FALSE', 'no', 'No', 'NO', 'f', 'F', '0'"
REDSHIFT = Dialect(
    name="Redshift",
    sqlglot="redshift",
    text="CAST(__cell AS VARCHAR(MAX))",
    category="CASE WHEN __text || '|' <> '|' THEN __text || '|' END",
    number="CASE WHEN __text || '|' ~ __plain THEN CAST(__cell AS DOUBLE PRECISION) END",
    # Redshift casts no BOOLEAN to text; a literal takes the column's own type, be that BOOLEAN or text.
    boolean=f"CASE WHEN __cell IN ({_REDSHIFT_TRUE}) THEN 1 WHEN __cell IN ({_REDSHIFT_FALSE}) THEN 0 END",
    trimmed="TRIM(__spaces FROM __text)",
    spaced="REGEXP_REPLACE(__text, __around, __separator)",
    suffix="|",
    limits=(
        _PLAIN_ONLY,
        _EXACT_TEXT,
        "a boolean column must be BOOLEAN, or text in lower case, upper case or with a capital, without spaces around",
    ),
)
_EXACT = "COLLATE Latin1_General_100_BIN2"
TSQL = Dialect(
    name="SQL Server",
    sqlglot="tsql",
    text=f"CAST(__cell AS NVARCHAR(MAX)) {_EXACT}",
    category="CASE WHEN DATALENGTH(__text) > 0 THEN __text + N'|' END",
    number="CASE WHEN __text LIKE N'%[0-9]%' AND __text NOT LIKE N'%[^0-9.eE+ -]%' THEN TRY_CAST(__cell AS FLOAT) END",
    boolean=_in_words("LOWER(TRIM(__spaces FROM __text))"),
    trimmed="TRIM(__spaces FROM __text)",
    spaced="",
    tags="(SELECT __separator + STRING_AGG(TRIM(__spaces FROM value), __separator) + __separator "
    f"FROM STRING_SPLIT(COALESCE(CAST(__cell AS NVARCHAR(MAX)), N''), __separator)) {_EXACT}",
    suffix="|",
    limits=(_PLAIN_ONLY, _EXACT_TEXT, "SQL Server 2017 or later is needed"),
)
MYSQL = Dialect(
    name="MySQL",
    sqlglot="mysql",
    text="CAST(__cell AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_bin",
    category="CASE WHEN LENGTH(__text) > 0 THEN CONCAT(__text, '|') END",
    number="CASE WHEN REGEXP_INSTR(CONCAT(__text, '|'), __plain) > 0 THEN CAST(__cell AS DOUBLE) END",
    boolean=_in_words("LOWER(REGEXP_REPLACE(__text, __ends, ''))"),
    trimmed="REGEXP_REPLACE(__text, __ends, '')",
    spaced="REGEXP_REPLACE(__text, __around, __separator)",
    suffix="|",
    limits=(_PLAIN_ONLY, _EXACT_TEXT, "MySQL 8.0.17 or later is needed, and its usual reading of backslashes"),
)

DIALECTS: dict[str, Dialect] = {
    "duckdb": DUCKDB,
    "postgres": POSTGRES,
    "postgresql": POSTGRES,
    "snowflake": SNOWFLAKE,
    "bigquery": BIGQUERY,
    "redshift": REDSHIFT,
    "databricks": DATABRICKS,
    "spark": SPARK,
    "sqlserver": TSQL,
    "tsql": TSQL,
    "mssql": TSQL,
    "mysql": MYSQL,
}
"""By the name after ``sql:``; what people call one dialect differs."""


def dialect_of(name: str) -> Dialect:
    """Return a dialect by name.

    Raises
    ------
    ConfigError
        Naming the nearest one.

    >>> dialect_of("postgres").name
    'PostgreSQL'
    """
    found = DIALECTS.get(name.lower())
    if found is None:
        known = ", ".join(DIALECTS)
        raise ConfigError(f"--to sql:{name}: no such dialect{nearest(name, DIALECTS)}; known: {known}")
    return found
