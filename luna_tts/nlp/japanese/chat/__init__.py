"""What people type in chat -> text that a Japanese voice reads right."""

from luna_tts.nlp.japanese.chat.spell_out import spell_out

__all__ = ["spell_out"]
