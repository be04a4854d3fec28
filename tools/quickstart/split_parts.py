"""Cuts the tower and the decoder out of a trained model, as the directories that the quickstart reads.

    python split_parts.py FINAL OUT

FINAL holds the model.safetensors of a pretraining run; OUT/vision and OUT/decoder get theirs. Needs `safetensors` and `numpy`.
"""

import sys
from pathlib import Path

from safetensors.numpy import load_file, save_file

PREFIXES = {"vision": "vision_tower.", "decoder": "language_model."}


def main(final, out):
    tensors = load_file(final / "model.safetensors")
    for part, prefix in PREFIXES.items():
        cut = {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
        save_file(cut, out / part / "model.safetensors", metadata={"format": "pt"})
        print(part, len(cut), "tensors,", sum(t.size for t in cut.values()), "numbers")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
