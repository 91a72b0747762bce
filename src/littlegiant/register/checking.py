"""Hold the tables of a register against its index."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from littlegiant.digests import digest_parquet
from littlegiant.register.store import KEYS, open_register


def check_register(path: Path) -> list[dict[str, Any]]:
    """Return for each table of the register its rows and what has changed, an empty text when nothing has."""
    register = open_register(path)
    results = []
    for name, entry in register.manifest["tables"].items():
        difference = ""
        try:
            if digest_parquet(register.table(name), KEYS[name]) != entry["digest"]:
                difference = "its content is not what the index says"
        except (OSError, ValueError, TypeError, pa.ArrowInvalid) as error:
            difference = f"cannot be read: {str(error).splitlines()[0]}"
        results.append({"table": name, "rows": entry["rows"], "difference": difference})
    return results
