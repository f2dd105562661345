"""AIVM files made from tiny voices."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ICON = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


def manifest(**changes: Any) -> dict[str, Any]:
    """As AIVM Generator writes it, for a voice of one speaker and two styles."""
    styles = [{"name": name, "local_id": i} for i, name in enumerate(("ノーマル", "うれしい"))]
    speaker = {
        "name": "まお",
        "icon": ICON,
        "supported_languages": ["ja"],
        "uuid": "5b2a4b2c-6a30-4d0b-8f9b-000000000000",
        "local_id": 0,
        "styles": styles,
    }
    return {
        "manifest_version": "1.0",
        "name": "まお",
        "description": "",
        "creators": ["Aoi <aoi@example.com>", "Haru"],
        "license": "CC BY 4.0\n\nDo as you like.",
        "model_architecture": "Style-Bert-VITS2 (JP-Extra)",
        "model_format": "Safetensors",
        "uuid": "a59cb814-0000-4000-8000-000000000000",
        "version": "1.0.0",
        "speakers": [speaker],
        **changes,
    }


def write_aivm(
    file: Path, folder: Path, described: Mapping[str, Any] | None = None, **metadata: str
) -> Path:
    """Packs the voice in `folder` into `file`."""
    (weights,) = folder.glob("*.safetensors")
    told = {
        "aivm_manifest": json.dumps(described or manifest(), ensure_ascii=False),
        "aivm_hyper_parameters": (folder / "config.json").read_text("utf-8"),
        "aivm_style_vectors": base64.b64encode(
            (folder / "style_vectors.npy").read_bytes()
        ).decode(),
        **metadata,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    safetensors.torch.save_file(safetensors.torch.load_file(weights), file, metadata=told)
    return file
