#!/usr/bin/env python3
"""Prefill and greedy decoding of transformers' `model.generate`, several prompts at a time.

    python hf_generate_bench.py --model DIR [--dtype fp32|bf16] [--batch 1] [--prompt-tokens 256] [--new-tokens 33]
                                [--questions 4]

DIR is a LLaVA directory. Without --questions prompts are text; with it, that many about each of two images, of 224
pixels, are asked in order, --batch at a time. Prints one JSON line: tokens per second by the wall
clock and by CPU seconds, each from the least of --repeats runs. Decoding is what a run takes longer than one that
stops at the first new token.
"""
import argparse
import json
import pathlib
import time

import torch


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--model", type=pathlib.Path, required=True)
    p.add_argument("--dtype", choices=["fp32", "bf16"], default="fp32")
    p.add_argument("--batch", type=int, default=1)
    p.add_argument("--prompt-tokens", type=int, default=256, help="of text")
    p.add_argument("--questions", type=int, default=0)
    p.add_argument("--new-tokens", type=int, default=33)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--repeats", type=int, default=3)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    from transformers import LlavaForConditionalGeneration
    from transformers.utils import logging

    logging.set_verbosity_error()
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16}[a.dtype]
    model = LlavaForConditionalGeneration.from_pretrained(a.model, dtype=dtype, attn_implementation="sdpa").eval()

    # any ids do; JLaVA's bench has the same
    def text(places, length):
        return (torch.arange(length) * 37 + torch.tensor(places).unsqueeze(1) * 11) % 997 + 100

    count = 2 * a.questions or a.batch
    if a.questions:
        image = torch.full((count, model.config.image_seq_length), model.config.image_token_index)
        ids = torch.cat([text([0] * count, 8), image, text(range(1, count + 1), a.prompt_tokens - 8)], 1)
        images = torch.arange(count).unsqueeze(1) // a.questions
        pixels = ((torch.arange(3 * 224 * 224) * 37 + images * 11) % 255).float() / 127.5 - 1
        pixels = pixels.reshape(count, 3, 224, 224).to(dtype)
    else:
        ids = text(range(count), a.prompt_tokens)
    found = None

    def generate(new_tokens):
        parts = []
        for begin in range(0, count, a.batch):
            some = slice(begin, begin + a.batch)
            shown = {"pixel_values": pixels[some]} if a.questions else {}
            mask = torch.ones_like(ids[some])
            lengths = {"max_new_tokens": new_tokens, "eos_token_id": None}
            parts.append(
                model.generate(ids[some], attention_mask=mask, do_sample=False, use_cache=True, **lengths, **shown)
            )
        return torch.cat(parts)

    def best(new_tokens):
        nonlocal found
        wall, cpu = [], []
        for _ in range(a.repeats + 1):
            begin, used = time.perf_counter(), time.process_time()
            found = generate(new_tokens)
            wall.append(time.perf_counter() - begin)
            cpu.append(time.process_time() - used)
        return min(wall[1:]), min(cpu[1:])

    with torch.inference_mode():
        first, whole = best(1), best(a.new_tokens)
    read, decoded = ids.numel(), count * (a.new_tokens - 1)
    print(
        json.dumps(
            {
                "prefill_tokens_per_s": read / first[0],
                "prefill_tokens_per_cpu_s": read / first[1],
                "decode_tokens_per_s": decoded / (whole[0] - first[0]),
                "decode_tokens_per_cpu_s": decoded / (whole[1] - first[1]),
                "ids": found[:, ids.size(1) :].tolist(),
            }
        )
    )


if __name__ == "__main__":
    main()
