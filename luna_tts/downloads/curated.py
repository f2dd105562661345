"""The voices and models that can be asked for by a short name.

Licences and terms are repeated as their repositories stated them when this list was made; what a
repository states on the day of the download is shown beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_JVNV = "litagin/style_bert_vits2_jvnv"
_JVNV_COMMIT = "205830ca1d49e666ddfbf2a755f0108e9cade4dd"
_JVNV_TERMS = (
    "Made from the JVNV corpus (Xin, Takamichi, Saruwatari). Name it, keep the licence when you "
    "pass the voice on. https://creativecommons.org/licenses/by-sa/4.0/"
)
_AMITARO = (
    "Free also for commerce under the rules of https://amitaro.net/voice/voice_rule/ and "
    "https://amitaro.net/voice/livevoice/#index_id6. Where you publish the speech, name "
    "あみたろの声素材工房 (https://amitaro.net/). Not for content with an age limit, "
    "not for religion, politics or pyramid selling, not to defame; "
    "never as the speech of Amitaro herself."
)


@dataclass(frozen=True, slots=True)
class Curated:
    """One entry of the list."""

    repo: str
    folder: str = ""
    """Where in the repository; empty = at its top."""
    revision: str = "main"
    """A commit where one was known; else what the branch is at on the day of the download."""
    licence: str = ""
    terms: str = ""
    """What the licence asks for, in a sentence or two."""
    credit: str = ""
    """What `/credit` shows."""
    bert: str = ""
    """ISO 639-1: the language whose BERT it is; empty = it is a voice."""


CURATED: Final[Mapping[str, Curated]] = {
    **{
        f"jvnv-{name}-jp": Curated(
            _JVNV,
            f"jvnv-{name}-jp",
            _JVNV_COMMIT,
            "CC BY-SA 4.0",
            _JVNV_TERMS,
            f"JVNV {name} by litagin, from the JVNV corpus, CC BY-SA 4.0",
        )
        for name in ("F1", "F2", "M1", "M2")
    },
    "koharune-ami": Curated(
        "litagin/sbv2_koharune_ami",
        "koharune-ami",
        "7af50fba79c52110046679eb5a0c8895afc5c584",
        "terms of あみたろの声素材工房",
        _AMITARO,
        "あみたろの声素材工房 (https://amitaro.net/)",
    ),
    "amitaro": Curated(
        "litagin/sbv2_amitaro",
        "amitaro",
        licence="terms of あみたろの声素材工房",
        terms=_AMITARO,
        credit="あみたろの声素材工房 (https://amitaro.net/)",
    ),
    "bert-ja": Curated(
        "ku-nlp/deberta-v2-large-japanese-char-wwm",
        revision="547b0e8b044fba3f9b84d0ab9f990440bd130c8b",
        licence="CC BY-SA 4.0",
        terms="By the Language Media Processing Lab, Kyoto University. All voices need it. "
        "https://creativecommons.org/licenses/by-sa/4.0/",
        bert="ja",
    ),
    "bert-en": Curated(
        "microsoft/deberta-v3-large",
        revision="64a8c8eab3e352a784c658aef62be1662607476f",
        licence="MIT",
        terms="By Microsoft. Voices of many languages need it for English; 0.9 GB.",
        bert="en",
    ),
    "bert-zh": Curated(
        "hfl/chinese-roberta-wwm-ext-large",
        revision="a25cc9e05974bd9687e528edd516f2cfdb3f5db9",
        licence="Apache 2.0",
        terms="By the Joint Laboratory of HIT and iFLYTEK Research. Voices of many languages need "
        "it for Chinese; 1.3 GB.",
        bert="zh",
    ),
}
BERT_JA: Final = "bert-ja"
