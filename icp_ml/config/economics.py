"""What a release's own config says of costs and margins, without the rest of it, whose secrets need not be there."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from icp_ml.config.schema import Economics
from icp_ml.config.spelling import parse_yaml
from icp_ml.errors import ConfigError


def kept_economics(path: Path) -> Economics | None:
    """Return the economics of a resolved config, None where there is no such file.

    Raises
    ------
    ConfigError
        If the file is not a config.
    """
    if not path.is_file():
        return None
    values = parse_yaml(path.read_text(encoding="utf-8"), path.name)
    try:
        return Economics.model_validate((values or {}).get("economics") or {})
    except (ValidationError, AttributeError) as err:
        raise ConfigError(f"{path}: economics cannot be read ({err}); run 'icp discover' again") from err
