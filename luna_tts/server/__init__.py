"""The engine over HTTP: `uvicorn --factory luna_tts.server:create_app`; extra `[server]`."""

from luna_tts.server.app import create_app

__all__ = ["create_app"]
