"""BERTs of English and Chinese with random weights, made on the spot; small unless asked."""

from __future__ import annotations

import io
import json
from pathlib import Path

import safetensors.torch
import torch
from sentencepiece import SentencePieceTrainer
from transformers import BertConfig, BertModel, DebertaV2Config, DebertaV2Model

WIDTH = 1024
_SENTENCES = [
    "hello everyone, how are you today?",
    "let's go to the beach and play a game together.",
    "I don't know what he said, but that was so funny!",
    "please wait for me, I will be right back in five minutes.",
]


def english_bert(folder: Path, layers: int = 3, inner: int = 16) -> Path:
    """A DeBERTa v3 as it lies on the hub: config.json, spm.model, weights."""
    folder.mkdir(parents=True, exist_ok=True)
    config = DebertaV2Config(
        hidden_size=WIDTH, num_hidden_layers=layers, num_attention_heads=16,
        intermediate_size=inner,
        vocab_size=140, max_position_embeddings=512, position_buckets=256, share_att_key=True,
        pos_att_type=["p2c", "c2p"], relative_attention=True, norm_rel_ebd="layer_norm",
        position_biased_input=False, type_vocab_size=0,
    )  # fmt: skip
    torch.manual_seed(1)
    weights = DebertaV2Model(config).state_dict()
    safetensors.torch.save_file(
        {f"deberta.{name}": value.contiguous() for name, value in weights.items()},
        folder / "model.safetensors",
    )
    (folder / "config.json").write_text(json.dumps(config.to_dict()))
    model = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(_SENTENCES * 3), model_writer=model, vocab_size=120,
        hard_vocab_limit=False, minloglevel=2, pad_id=0, bos_id=1, eos_id=2, unk_id=3,
        pad_piece="[PAD]", bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]",
    )  # fmt: skip
    (folder / "spm.model").write_bytes(model.getvalue())
    return folder


def chinese_bert(folder: Path, layers: int = 3, inner: int = 16) -> Path:
    """A BERT as it lies on the hub: config.json, vocab.txt, weights."""
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"!?…,.'-你好我们今天气一起玩吧的是不"]
    config = BertConfig(
        hidden_size=WIDTH, num_hidden_layers=layers, num_attention_heads=16,
        intermediate_size=inner,
        vocab_size=len(vocabulary),
    )  # fmt: skip
    torch.manual_seed(2)
    BertModel(config).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    return folder
