#!/usr/bin/env python3
"""Prefill and greedy decoding of transformers' `model.generate`, several prompts at a time.

    python hf_generate_bench.py --model DIR [--dtype fp32|bf16] [--batch 1] [--prompt-tokens 256] [--new-tokens 33]

DIR is a LLaVA directory, text only: its decoder is what decodes. Prints one JSON line: tokens per second by the wall
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
    p.add_argument("--prompt-tokens", type=int, default=256)
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
    ids = (torch.arange(a.prompt_tokens) * 37 + torch.arange(a.batch).unsqueeze(1) * 11) % 997 + 100
    mask = torch.ones_like(ids)
    found = None

    def best(new_tokens):
        nonlocal found
        wall, cpu = [], []
        for _ in range(a.repeats + 1):
            begin, used = time.perf_counter(), time.process_time()
            found = model.generate(
                ids, attention_mask=mask, max_new_tokens=new_tokens, do_sample=False, use_cache=True, eos_token_id=None
            )
            wall.append(time.perf_counter() - begin)
            cpu.append(time.process_time() - used)
        return min(wall[1:]), min(cpu[1:])

    with torch.inference_mode():
        first, whole = best(1), best(a.new_tokens)
    read, decoded = a.batch * a.prompt_tokens, a.batch * (a.new_tokens - 1)
    print(
        json.dumps(
            {
                "prefill_tokens_per_s": read / first[0],
                "prefill_tokens_per_cpu_s": read / first[1],
                "decode_tokens_per_s": decoded / (whole[0] - first[0]),
                "decode_tokens_per_cpu_s": decoded / (whole[1] - first[1]),
                "ids": found[:, a.prompt_tokens :].tolist(),
            }
        )
    )


if __name__ == "__main__":
    main()
