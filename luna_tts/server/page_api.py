"""The local page, and what it needs beside speech: how a text is read, and the dictionary."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict

from luna_tts import DictionaryWord
from luna_tts.errors import TextTooLong
from luna_tts.nlp.japanese.g2p import phonemize
from luna_tts.nlp.japanese.mora import split_morae
from luna_tts.reading import Sentence
from luna_tts.server.luna_api import Word
from luna_tts.server.problems import RESPONSES
from luna_tts.server.speaker import Speaker

_PAGE: Final = Path(__file__).with_name("page")


class Text(BaseModel):
    """What to read."""

    model_config = ConfigDict(extra="forbid", strict=True)
    text: str


class Phrase(BaseModel):
    """Words that share one accent."""

    surface: str
    reading: str
    morae: list[str]
    accent: int
    """The mora after which the pitch falls, from 1; 0 = it does not fall."""


class ReadSentence(BaseModel):
    """How one sentence is read."""

    phrases: list[Phrase]
    phones: tuple[str, ...]
    tones: tuple[int, ...]


def page_routes(speaker: Speaker) -> APIRouter:
    """Routes of the page's own."""
    router = APIRouter(tags=["page"], responses=RESPONSES)
    dictionary = speaker.dictionary

    @router.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        """The page."""
        return FileResponse(_PAGE / "index.html")

    @router.post("/reading")
    async def reading(request: Text) -> list[ReadSentence]:
        """Phrases with accents and phones with tones, sentence by sentence."""
        limit = speaker.settings.max_characters
        if len(request.text) > limit:
            raise TextTooLong(len(request.text), limit)
        sentences = await speaker.service.read(request.text, await dictionary.below(None))
        return [_read(sentence) for sentence in sentences]

    @router.get("/dictionary")
    async def words() -> list[Word]:
        """The server's own words."""
        return [_word(word) for word in await dictionary.words()]

    @router.put("/dictionary", status_code=204)
    async def set_word(word: Word) -> None:
        """Adds a word, or sets how it is read."""
        await dictionary.change(word.surface, DictionaryWord(**word.model_dump()))

    @router.delete("/dictionary", status_code=204)
    async def delete_word(surface: str) -> None:
        """Takes a word out, if it is there."""
        await dictionary.change(surface, None)

    return router


def mount_page(app: FastAPI) -> None:
    """Scripts and styles under /page."""
    app.mount("/page", StaticFiles(directory=_PAGE))


def _word(word: DictionaryWord) -> Word:
    return Word(
        surface=word.surface, reading=word.reading, accent=word.accent, priority=word.priority
    )


def _read(sentence: Sentence) -> ReadSentence:
    spoken = phonemize(sentence.answer)
    phrases: list[Phrase] = []
    for node in sentence.answer.words:
        morae = split_morae(str(node["pron"]).replace("’", "")) or []
        if not morae and not str(node["pron"]).startswith("ー"):
            continue  # punctuation
        if phrases and node.get("chain_flag") == 1:
            last = phrases[-1]
            last.surface += str(node["string"])
            last.reading += "".join(morae)
            last.morae += morae
        else:
            accent = int(str(node.get("acc", 0)))
            surface = str(node["string"])
            phrases.append(
                Phrase(surface=surface, reading="".join(morae), morae=morae, accent=accent)
            )
    return ReadSentence(phrases=phrases, phones=spoken.phones, tones=spoken.tones)
