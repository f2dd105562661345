"""Luna's speech engine: text in, speech out as it is made. No Discord anywhere.

async with contextlib.AsyncExitStack() as stack:
    service = TTSService()
    stack.push_async_callback(service.aclose)
    await service.start()
    async for chunk in service.stream("こんにちは。"):
        ...  # chunk.samples: float32 in [-1, 1] at chunk.sample_rate
"""

from luna_tts.errors import LunaError
from luna_tts.nlp.dictionary_word import DictionaryWord
from luna_tts.nlp.user_dictionary import UserDictionary
from luna_tts.service import TTSService
from luna_tts.types import AudioChunk, SynthesisOptions, VoiceInfo

__all__ = [
    "AudioChunk",
    "DictionaryWord",
    "LunaError",
    "SynthesisOptions",
    "TTSService",
    "UserDictionary",
    "VoiceInfo",
]
