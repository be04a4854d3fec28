"""Compares what `./jlava model export` wrote with its source, in transformers, PEFT and torch alone.

    python tools/check_export.py decoder A B          two causal models: logits
    python tools/check_export.py peft BASE A B        two PEFT adapters on one base: logits
    python tools/check_export.py merged BASE A B      a PEFT adapter on its base against the merged model: logits
    python tools/check_export.py composed BASE A B    a PEFT adapter on a decoder, a projector beside it, against the merged LLaVA: logits of text, projector
    python tools/check_export.py bnb A B              A in 4 bits, B the same dequantised (export --to hf): every weight
    python tools/check_export.py torch A B            two files of torch.save: every tensor

A and B must agree within 1e-4 of the logits' standard deviation (decoder, peft, merged, composed), or be equal (bnb, torch). Exit code 1 where
they do not. Needs `torch`, `transformers`, `peft`, for bnb
`bitsandbytes`. A BASE with vision_config is loaded as LlavaForConditionalGeneration.
"""

import json
import sys
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, LlavaForConditionalGeneration


def base(directory):
    config = json.loads((Path(directory) / "config.json").read_text())
    kind = LlavaForConditionalGeneration if "vision_config" in config else AutoModelForCausalLM
    model, info = kind.from_pretrained(directory, dtype=torch.float32, output_loading_info=True)
    for name in ["missing_keys", "unexpected_keys", "mismatched_keys"]:
        if info[name]:
            sys.exit(f"{directory}: {name}: {sorted(info[name])}")
    return model.eval()


def adapted(directory, adapter):
    return PeftModel.from_pretrained(base(directory), adapter).eval()


def text(model):
    config = getattr(model.config, "text_config", model.config)
    ids = [(1 + 7919 * i) % config.vocab_size for i in range(12)]
    ids = [i for i in ids if i != getattr(model.config, "image_token_index", None)]
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids])).logits[0, -1]


def composed(directory, adapter, merged):
    llava = base(merged)
    projector = torch.load(Path(adapter) / "non_lora_trainables.bin", weights_only=True)
    found = {n.removeprefix("base_model.model.model.mm_projector."): t for n, t in projector.items()}
    own = {n.replace("linear_1", "0").replace("linear_2", "2"): t for n, t in llava.model.multi_modal_projector.named_parameters()}
    print(f"{len(found)} tensors of the projector")
    same = found.keys() == own.keys() and all(torch.equal(found[n].float(), own[n].float()) for n in own)
    alone = adapted(directory, adapter)
    assert text(alone).shape == text(llava)[: alone.config.vocab_size].shape
    return close(text(alone), text(llava)[: alone.config.vocab_size]) and same


def logits(model):
    config = model.config
    vocabulary = getattr(config, "text_config", config).vocab_size
    ids = [(1 + 7919 * i) % vocabulary for i in range(12)]
    inputs = {}
    if hasattr(config, "vision_config"):
        side = config.vision_config.image_size
        ids = [i for i in ids if i != config.image_token_index]
        ids[6:7] = [config.image_token_index] * config.image_seq_length
        inputs["pixel_values"] = torch.sin(torch.arange(3 * side * side) * 0.01).reshape(1, 3, side, side)
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids]), **inputs).logits[0, -1]


def close(a, b):
    largest, spread = float((a - b).abs().max()), float(a.std())
    print(f"{len(a)} logits, largest difference {largest:.3g}, spread {spread:.3g}")
    return largest <= 1e-4 * spread


def equal(a, b):
    a, b = (torch.load(f, weights_only=True) for f in (a, b))
    print(f"{len(a)} and {len(b)} tensors")
    return a.keys() == b.keys() and all(a[n].dtype == b[n].dtype and torch.equal(a[n], b[n]) for n in a)


def dequantised(a, b):
    from bitsandbytes.functional import dequantize_4bit

    few = {n: p for n, p in base(a).named_parameters() if type(p).__name__ == "Params4bit"}
    plain = dict(base(b).named_parameters())
    print(f"{len(few)} weights in 4 bits")
    return len(few) > 0 and all(
        torch.equal(dequantize_4bit(p.data, p.quant_state).float(), plain[n].float()) for n, p in few.items()
    )


def main(kind, *paths):
    match kind:
        case "decoder":
            return close(*(logits(base(p)) for p in paths))
        case "peft":
            return close(*(logits(adapted(paths[0], p)) for p in paths[1:]))
        case "merged":
            return close(logits(adapted(paths[0], paths[1])), logits(base(paths[2])))
        case "composed":
            return composed(*paths)
        case "bnb":
            return dequantised(*paths)
        case "torch":
            return equal(*paths)
    sys.exit(__doc__)


if __name__ == "__main__":
    same = main(*sys.argv[1:])
    print("equal" if same else "DIFFER")
    sys.exit(0 if same else 1)
