"""/model install: from a source to a voice that can be chosen, with the licence accepted first."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import discord

from luna_tts.downloads.curated import BERT_JA
from luna_tts.downloads.install import install, whole_commit
from luna_tts.downloads.offer import Offer
from luna_tts.downloads.sources import find_offer
from luna_tts.errors import DownloadFailed
from luna_tts.voice_files import has_bert

from ._base import LunaCog
from ._views import Panel, paginate

PROGRESS_SECONDS: Final = 2.0
"""How often the owner is told how far it is."""

_log = logging.getLogger(__name__)


class _Stopped(Exception):
    """Nobody waits for the download any more; it can be gone on with."""


@dataclass(eq=False)
class _Download:
    """What a thread fetches, and how far it is."""

    offers: Sequence[Offer]
    done: int = 0
    total: int | None = None
    stopped: threading.Event = field(default_factory=threading.Event)

    def hear(self, done: int, total: int | None) -> None:
        """Called from the thread."""
        self.done, self.total = done, total
        if self.stopped.is_set():
            raise _Stopped


class Installing:
    """One download at a time, owned by the cog of /model."""

    def __init__(self, cog: LunaCog) -> None:
        self._cog = cog
        self._running: _Download | None = None

    def stop(self) -> None:
        """Ends what runs, with its next piece; nothing is lost."""
        if self._running is not None:
            self._running.stopped.set()

    async def begin(self, interaction: discord.Interaction, source: str) -> None:
        """Shows what `source` is and its licence, and a button that accepts it.

        Raises `DownloadFailed`, `EngineUnavailable`.
        """
        async with self._cog.acknowledged(interaction):
            if self._cog.environment.engine.servers:
                cure = "run python -m luna_tts download on that machine"
                raise DownloadFailed(source, "has to lie where the engine is", cure)
            offers = await asyncio.to_thread(self._find, source)
        if not offers:
            await self._cog.reply(interaction, "model_here", name=source)
            return
        panel = Panel(self._cog.explain)
        accept = self._cog.text(interaction, "model", "accept")
        panel.button(accept, partial(self._accepted, offers=offers))
        text = paginate(["\n".join(self._lines(interaction, offers))])[0]
        await self._cog.show_view(interaction, text, panel)

    def _find(self, source: str) -> list[Offer]:
        """What is missing of `source`, and of the BERT that it needs. Blocks."""
        wanted = [find_offer(source)]
        engine = self._cog.environment.engine
        if not wanted[0].bert and not has_bert(engine.bert_ja):
            wanted.append(find_offer(BERT_JA))
        return [o for o in wanted if not o.commit or whole_commit(self._place(o)) != o.commit]

    def _lines(self, interaction: discord.Interaction, offers: Sequence[Offer]) -> Iterator[str]:
        for offer in offers:
            yield self._cog.text(
                interaction,
                "model",
                "offer",
                name=discord.utils.escape_markdown(offer.name),
                megabytes="?" if offer.size is None else round(offer.size / 1e6),
                source=f"<{offer.source.split(' ')[0]}>",
                commit=offer.commit[:10],
                licence=discord.utils.escape_markdown(offer.licence_shown),
            )
            if offer.terms:
                yield discord.utils.escape_markdown(offer.terms)

    async def _accepted(self, interaction: discord.Interaction, offers: Sequence[Offer]) -> None:
        """Fetches, tells how far it is, and what to do with it."""
        if self._running is not None:
            raise DownloadFailed(offers[0].name, "has to wait for another one", "try again later")
        download = self._running = _Download(offers)
        before = {status.name for status in self._cog.service.catalogue()}
        try:
            content = self._progress(interaction, download)
            await interaction.response.edit_message(content=content, view=None)
            fetching = _on_a_daemon(partial(self._fetch, download))
            while not (await asyncio.wait([fetching], timeout=PROGRESS_SECONDS))[0]:
                await self._tell(interaction, self._progress(interaction, download))
            await fetching
        except _Stopped:
            return  # the bot ends, or the extension is reloaded
        finally:
            download.stopped.set()
            self._running = None
        catalogue = await self._cog.service.refresh()
        names = [status.name for status in catalogue if status.name not in before]
        name = ", ".join(names) or offers[0].name
        _log.info("%s was downloaded from %s", name, offers[0].source)
        await self._tell(
            interaction, self._cog.text(interaction, "replies", "model_installed", name=name)
        )

    def _fetch(self, download: _Download) -> None:
        for offer in download.offers:
            install(offer, self._place(offer), download.hear)

    def _progress(self, interaction: discord.Interaction, download: _Download) -> str:
        share = f"{download.done / download.total:.0%}" if download.total else "…"
        megabytes = round(download.done / 1e6)
        return self._cog.text(
            interaction, "replies", "model_downloading", share=share, megabytes=megabytes
        )

    async def _tell(self, interaction: discord.Interaction, content: str) -> None:
        with contextlib.suppress(discord.HTTPException):  # it goes on all the same
            await interaction.edit_original_response(content=content)

    def _place(self, offer: Offer) -> Path:
        return self._cog.environment.engine.place(offer.name, offer.bert)


def _on_a_daemon(work: Callable[[], None]) -> asyncio.Future[None]:
    """Runs `work` on a thread for which a bot that ends does not wait."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def conclude(error: Exception | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def run() -> None:
        error = None
        try:
            work()
        except Exception as raised:
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits
            loop.call_soon_threadsafe(conclude, error)

    threading.Thread(target=run, name="luna-download", daemon=True).start()
    return done
