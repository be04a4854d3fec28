"""Loads a directory in the original LLaVA's layout with the original's own load_pretrained_model, and compares logits with the
same model in Hugging Face's layout.

    python tools/check_original.py LLAVA DIR HF [BASE]

LLAVA is a checkout of haotian-liu/LLaVA, DIR what `./jlava model export --to llava` wrote, or a run's `final/adapter` whose recipe names
decoder and tower apart (then BASE is the decoder); HF is the run's `final`, or `export --to hf`. Logits behind `1 2 <image> 3 4` must agree within
1e-4 of their standard deviation. Exit code 1 where they do not. Needs what LLaVA pins: `torch`, `transformers` 4.37.2, `accelerate`, `sentencepiece`,
and `peft`, of which 0.7 has no rsLoRA and 0.8 no DoRA. All is computed in fp32 on the CPU, where the original takes fp16.
"""

import os
import sys

import torch
from transformers import LlavaForConditionalGeneration

IMAGE = -200


def ids(image, device=None):
    return torch.tensor([[1, 2, image, 3, 4]], device=device)


def hugging_face(directory):
    model = LlavaForConditionalGeneration.from_pretrained(directory, torch_dtype=torch.float32).eval()
    side = model.config.vision_config.image_size
    pixels = torch.sin(torch.arange(3 * side * side) * 0.01).reshape(1, 3, side, side)
    one = ids(model.config.image_token_index)
    with torch.no_grad():
        logits = model(input_ids=one, pixel_values=pixels, attention_mask=torch.ones_like(one)).logits[0, -1]
    return pixels, logits


class InFp32:
    """torch as the original's loader sees it."""

    float16 = torch.float32

    def __getattr__(self, name):
        return getattr(torch, name)


def original(llava, directory, base, pixels):
    sys.path.insert(0, llava)
    from llava.model import builder

    builder.torch = InFp32()
    os.chdir(directory)  # the original looks for a tower inside from where it is started
    name = "llava" if base is None else "llava-lora"
    model = builder.load_pretrained_model(directory, base, name, device="cpu", device_map="cpu")[1].float().eval()
    with torch.no_grad():
        return model(input_ids=ids(IMAGE), images=pixels, attention_mask=torch.ones(1, 5, dtype=torch.long)).logits[0, -1]


def main(llava, directory, hf, base=None):
    llava, directory, hf, base = (p and os.path.abspath(p) for p in (llava, directory, hf, base))
    pixels, expected = hugging_face(hf)
    found = original(llava, directory, base, pixels)
    expected = expected[: len(found)]  # Hugging Face's layout has rows for <image> and padding
    largest, spread = float((found - expected).abs().max()), float(expected.std())
    print(f"{len(found)} logits, largest difference {largest:.3g}, spread {spread:.3g}")
    return largest <= 1e-4 * spread


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    same = main(*sys.argv[1:])
    print("equal" if same else "DIFFER")
    sys.exit(0 if same else 1)
