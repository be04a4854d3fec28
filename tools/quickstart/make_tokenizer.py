"""Writes the tokenizer of the embedded decoder: byte-level, one id for each word of the world.

    python make_tokenizer.py WORLD OUT

WORLD is a directory written by dev.jlava.data.world.World with every file in it; OUT gets tokenizer.json,
tokenizer_config.json and special_tokens_map.json. Words outside the world are spelled in bytes. Needs `tokenizers`.
"""

import json
import sys
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors

SPECIAL = ["<unk>", "<s>", "</s>", "<pad>"]
SYSTEM = (
    "A chat between a curious user and an artificial intelligence assistant. "
    "The assistant gives helpful, detailed, and polite answers to the user's questions. USER: ASSISTANT:"
)
OTHER = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", ".", ",", "?", "!", ":", "yes", "no", "USER"]


def texts(world):
    yield SYSTEM
    for name in ["look", "align", "instruct", "validation"]:
        for sample in json.loads((world / f"{name}.json").read_text()):
            for turn in sample["conversations"]:
                text = turn["value"].removeprefix("<image>\n")
                yield text if turn["from"] == "human" else " " + text
                yield " " + text if turn["from"] == "human" else text
    for line in (world / "eval.jsonl").read_text().splitlines():
        question = json.loads(line)
        yield from (question["text"], " " + question["answer"])


def main(world, out):
    split = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    words = {piece for text in texts(world) for piece, _ in split.pre_tokenize_str(text)}
    for word in OTHER:
        words |= {piece for text in (word, " " + word) for piece, _ in split.pre_tokenize_str(text)}
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = SPECIAL + alphabet + sorted(words - set(alphabet))
    ids = {token: i for i, token in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.BPE(vocab=ids, merges=[], unk_token="<unk>", ignore_merges=True))
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    tokenizer.pre_tokenizer = split
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", ids["<s>"])]
    )
    out.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(out / "tokenizer.json"))
    roles = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    (out / "special_tokens_map.json").write_text(json.dumps(roles, indent=2) + "\n")
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "add_bos_token": True, "add_eos_token": False,
              "clean_up_tokenization_spaces": False, "model_max_length": 1024, "padding_side": "right", **roles}
    (out / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
    print(len(vocabulary), "ids,", len(words), "words")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
