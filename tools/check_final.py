"""Compares a model directory in transformers with the same directory in JLaVA.

    python tools/check_final.py final/ [--image F]... [--prompt T] [--tokens N] [--jlava PATH]

Loads it with LlavaForConditionalGeneration and AutoProcessor, which must find every weight and nothing else, and asks
both sides three times: without an image, with the first image, with two. Prompt ids (the processor's chat template
against the template of jlava.json) and greedy ids must be the same. Exit code 1 where they are not. Needs `torch`,
`transformers` and Pillow.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import torch
from PIL import Image
from transformers import AutoProcessor, LlavaForConditionalGeneration

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "testing/src/main/resources/golden/image/src"


def load(directory):
    model, info = LlavaForConditionalGeneration.from_pretrained(directory, dtype=torch.float32, output_loading_info=True)
    for kind in ["missing_keys", "unexpected_keys", "mismatched_keys"]:
        if info[kind]:
            sys.exit(f"{directory}: {kind}: {sorted(info[kind])}")
    return model.eval(), AutoProcessor.from_pretrained(directory)


def theirs(model, processor, prompt, images, tokens):
    content = [{"type": "image"} for _ in images] + [{"type": "text", "text": prompt}]
    text = processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)
    pictures = [Image.open(image).convert("RGB") for image in images]
    inputs = processor(images=pictures or None, text=text, return_tensors="pt")
    with torch.no_grad():
        out = model.generate(**inputs, max_new_tokens=tokens, do_sample=False)
    prompt_ids = inputs["input_ids"][0].tolist()
    return text, prompt_ids, out[0].tolist()[len(prompt_ids) :]


def ours(jlava, directory, prompt, images, tokens):
    command = [jlava, "generate", "--model", directory, "--json", "--prompt", prompt, "--max-new-tokens", str(tokens)]
    for image in images:
        command += ["--image", str(image)]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return answer["prompt_ids"], answer["new_ids"]


def expanded(ids, image, count):
    return [i for id in ids for i in ([image] * count if id == -200 else [id])]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory")
    parser.add_argument("--image", action="append", type=Path)
    parser.add_argument("--prompt", default="What is on the left of the red circle?")
    parser.add_argument("--tokens", type=int, default=24)
    parser.add_argument("--jlava", default=str(ROOT / "jlava"))
    args = parser.parse_args()
    images = args.image or [IMAGES / "rgb.png", IMAGES / "baseline.jpg"]
    model, processor = load(args.directory)
    config = model.config
    print(f"{type(processor.image_processor).__name__}, {type(processor.tokenizer).__name__}")
    failed = False
    for count in range(min(len(images), 2) + 1):
        text, prompt_ids, new_ids = theirs(model, processor, args.prompt, images[:count], args.tokens)
        our_prompt, our_new = ours(args.jlava, args.directory, args.prompt, images[:count], args.tokens)
        our_prompt = expanded(our_prompt, config.image_token_index, config.image_seq_length)
        for name, found, expected in [("prompt", our_prompt, prompt_ids), ("new", our_new, new_ids)]:
            same = found == expected
            failed |= not same
            print(f"{count} images, {name} ids: {len(expected)} {'equal' if same else 'DIFFER'}")
            if not same:
                print(f"  transformers {expected}\n  jlava        {found}\n  text         {text!r}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
