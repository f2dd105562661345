"""A voice and a BERT with random weights and the sizes of real ones, as files."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from transformers import DebertaV2Config, DebertaV2ForMaskedLM

from tiny_voice import full_size_voice

LINES = {
    10: "{0}はいい天気ですね",
    40: "{0}は、とてもいい天気なので、午後から{0}まで散歩に行こうと思いますが、どうかな",
    150: "昔々ある{0}に、おじいさんとおばあさんが住んでいました。"
    "おじいさんは{0}へ芝刈りに、おばあさんは{0}へ洗濯に行きました。"
    "すると{0}から、とても大きな桃がどんぶらこと流れてきました。"
    "おばあさんはその桃を{0}に持ち帰り、おじいさんと一緒に切ってみることにしました。"
    "中から{0}の元気な男の子が出てきました。",
}
"""By characters. Nobody says the same line again and again: {0} is another one of `PLACES`."""
PLACES = ("山里", "港町", "海辺", "田舎", "都会", "高原", "公園", "広場", "北国", "雪国", "南極")
_BERT = {
    "vocab_size": 22012, "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16,
    "intermediate_size": 4096, "type_vocab_size": 0, "relative_attention": True,
    "position_buckets": 256, "norm_rel_ebd": "layer_norm", "share_att_key": True,
    "pos_att_type": ["p2c", "c2p"], "conv_kernel_size": 3, "conv_act": "gelu",
    "layer_norm_eps": 1e-7, "max_relative_positions": -1, "position_biased_input": False,
    "attention_head_size": 64, "max_position_embeddings": 512,
}  # fmt: skip


def line(length: int, run: int = 0) -> str:
    """What is said for the `run`th time; 11 runs are all different."""
    return LINES[length].format(PLACES[run % len(PLACES)])


def write(folder: Path) -> Path:
    """voices/one, another/two and bert below `folder`, unless they are there."""
    for place in ("voices/one", "another/two"):
        if not (folder / place).exists():
            full_size_voice(folder / place)
    if not (folder / "bert/pytorch_model.bin").exists():
        _write_bert(folder / "bert")
    return folder


def _write_bert(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({**_BERT, "model_type": "deberta-v2"}))
    vocabulary = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]
    vocabulary += [chr(0x3041 + n) for n in range(22007)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    torch.manual_seed(0)
    torch.save(
        DebertaV2ForMaskedLM(DebertaV2Config(**_BERT)).state_dict(), folder / "pytorch_model.bin"
    )
