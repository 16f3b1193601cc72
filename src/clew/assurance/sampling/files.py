"""A draw as a JSON file: all that an outsider needs, with the frame, to draw again."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from clew.assurance.sampling.drawing import Draw, Replacement
from clew.core import UsageError

FORMAT = "clew draw v1"


def draw_to_json(drawn: Draw) -> dict[str, Any]:
    """The JSON object of `drawn`: what was promised, the order of the whole frame, and the items to review."""
    return {
        "format": FORMAT,
        "frame_digest": drawn.frame_digest,
        "frame_fixed_at": drawn.frame_fixed_at.isoformat(),
        "seed": drawn.seed.hex(),
        "seed_recorded_in": drawn.seed_recorded_in,
        "wanted": dict(drawn.wanted),
        "sizes": dict(drawn.sizes),
        "replacements": [
            {
                "item_id": entry.item_id,
                "stood_in_by": entry.stood_in_by,
                "reason": entry.reason,
                "by": entry.by,
                "at": entry.at.isoformat(),
            }
            for entry in drawn.replacements
        ],
        "selected": drawn.selected.to_dicts(),
        "order": drawn.order.rows(),
    }


def read_draw(path: Path) -> Draw:
    """The draw in the file at `path`; raises `UsageError` if it is not one."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise KeyError(FORMAT)
        schema = {"item_id": pl.String, "stratum": pl.String, "position": pl.Int64, "key": pl.String}
        return Draw(
            frame_digest=content["frame_digest"],
            frame_fixed_at=datetime.fromisoformat(content["frame_fixed_at"]),
            seed=bytes.fromhex(content["seed"]),
            seed_recorded_in=content["seed_recorded_in"],
            wanted=content["wanted"],
            sizes=content["sizes"],
            order=pl.DataFrame(content["order"], schema=schema, orient="row"),
            replacements=tuple(
                Replacement(
                    entry["item_id"],
                    entry["stood_in_by"],
                    entry["reason"],
                    entry["by"],
                    datetime.fromisoformat(entry["at"]),
                )
                for entry in content["replacements"]
            ),
        )
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError, RecursionError) as error:
        raise UsageError(
            f"{path} is not a draw: {str(error).splitlines()[0] if str(error) else type(error).__name__}.",
            where="draw file",
            mend="give the file that `clew sample draw --out` wrote",
        ) from None
