#!/usr/bin/env python3
"""Checks GGUF files that JLaVA wrote against the Hugging Face directory they came from, with the gguf package.

    python check_gguf.py DIRECTORY model-q8_0.gguf [mmproj-model-f16.gguf]

Every tensor: name, type, shape, values (bit-equal for fp32, fp16 and bf16, the gguf package's own quantisation for Q8_0
and Q4_0, the error for k-quants); every key of the metadata that config.json and the tokenizer determine.
DIRECTORY: LlavaForConditionalGeneration or a causal model, safetensors.
"""
import argparse
import json
import pathlib
import sys

import gguf
import numpy as np
import torch
from safetensors import safe_open

LAYER = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
TOP = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
EXACT = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
problems = []


def say(ok, text):
    if not ok:
        problems.append(text)
        print("DIFFERS", text)


def tensors(directory):
    found = {}
    for file in sorted(directory.glob("*.safetensors")):
        with safe_open(file, "pt") as f:
            found.update({name: f.get_tensor(name).float() for name in f.keys()})
    return found


def paired(weight, heads):
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def decoder_tensors(weights, c):
    llama = c.get("model_type", "llama") != "qwen2"
    for name, value in weights.items():
        name = name.removeprefix("language_model.")
        if not name.startswith(("model.embed", "model.layers", "model.norm", "lm_head")):
            continue
        place, kind = name.rsplit(".", 1)
        if place in TOP:
            yield f"{TOP[place]}.{kind}", value
            continue
        _, _, number, place = place.split(".", 3)
        if llama and LAYER[place] in ("attn_q", "attn_k"):
            heads = c["num_attention_heads"]
            value = paired(value, heads if LAYER[place] == "attn_q" else c.get("num_key_value_heads", heads))
        yield f"blk.{number}.{LAYER[place]}.{kind}", value


def legacy_name(name):
    """get_tensor_name of convert_image_encoder_to_gguf.py, in effect."""
    for old, new in (
        ("vision_model", "v"), ("encoder.layers", "blk"), ("embeddings.", ""), ("_proj", ""), ("self_attn.", "attn_"),
        ("layer_norm", "ln"), ("layernorm", "ln"), ("mlp.fc1", "ffn_down"), ("mlp.fc2", "ffn_up"),
        ("embedding", "embd"), ("layrnorm", "ln"),
    ):  # fmt: skip
        name = name.replace(old, new)
    return name


def mmproj_tensors(weights, layers):
    for name, value in weights.items():
        if name.startswith("multi_modal_projector."):
            yield name.replace("multi_modal_projector.linear_1", "mm.0").replace("multi_modal_projector.linear_2", "mm.2"), value
        elif name.startswith("vision_tower."):
            name = name.removeprefix("vision_tower.")
            parts = name.split(".")
            dropped = ".layers." in name and int(parts[parts.index("layers") + 1]) >= layers
            if not dropped and ".post_layernorm." not in name:
                yield legacy_name(name), value


def compare(reader, expected):
    found = {t.name: t for t in reader.tensors}
    extra = set(found) - set(expected) - {"rope_freqs.weight"}
    say(not extra, f"tensors that should not be there: {sorted(extra)}")
    kinds, worst = {}, {}
    for name, value in expected.items():
        if name not in found:
            say(False, f"{name} is missing")
            continue
        tensor = found[name]
        kind = tensor.tensor_type.name
        kinds[kind] = kinds.get(kind, 0) + 1
        say(list(reversed(tensor.shape.tolist())) == list(value.shape), f"{name}: shape {tensor.shape} for {value.shape}")
        if kind in EXACT:
            want = value.to(EXACT[kind]).float().numpy()
            got = gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape(want.shape)
            say(np.array_equal(got, want), f"{name} ({kind}): values")
            continue
        rows = value.numpy()
        got = gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape(rows.shape)
        error = float(np.sqrt(np.mean((got - rows) ** 2)) / max(1e-12, np.sqrt(np.mean(rows**2))))
        worst[kind] = max(worst.get(kind, 0), error)
        if kind not in ("Q4_K", "Q5_K", "Q6_K"):
            want = gguf.quants.quantize(rows, tensor.tensor_type)
            say(np.array_equal(want.view(np.uint8).ravel(), tensor.data.view(np.uint8).ravel()), f"{name} ({kind}): bytes")
        say(error < {"Q4_K": 0.11, "Q4_0": 0.13, "Q5_0": 0.07, "Q5_1": 0.06, "Q5_K": 0.055, "Q6_K": 0.03, "Q8_0": 0.01}[kind], f"{name} ({kind}): error {error}")
    print(f"{len(expected)} tensors: {kinds}" + (f", largest relative error {worst}" if worst else ""))


def keys(reader, expected):
    for key, want in expected.items():
        field = reader.get_field(key)
        got = None if field is None else field.contents()
        same = got == want if not isinstance(want, float) else got is not None and abs(got - want) <= 1e-6 * abs(want)
        say(same, f"{key}: found {str(got)[:80]}, expected {str(want)[:80]}")
    others = sorted(k for k in reader.fields if k not in expected and not k.startswith("GGUF."))
    print(f"{len(expected)} keys; not compared: {others}")


def text_keys(c, directory, rows):
    arch = "qwen2" if c.get("model_type") == "qwen2" else "llama"
    out = {
        "general.architecture": arch,
        "general.type": "model",
        f"{arch}.block_count": c["num_hidden_layers"],
        f"{arch}.context_length": c["max_position_embeddings"],
        f"{arch}.embedding_length": c["hidden_size"],
        f"{arch}.feed_forward_length": c["intermediate_size"],
        f"{arch}.attention.head_count": c["num_attention_heads"],
        f"{arch}.attention.head_count_kv": c.get("num_key_value_heads", c["num_attention_heads"]),
        f"{arch}.attention.layer_norm_rms_epsilon": float(c["rms_norm_eps"]),
        f"{arch}.rope.freq_base": float(c.get("rope_theta", 10000.0)),
        "general.quantization_version": gguf.GGML_QUANT_VERSION,
    }
    if arch == "llama":
        dim = c.get("head_dim") or c["hidden_size"] // c["num_attention_heads"]
        out |= {"llama.vocab_size": rows, "llama.rope.dimension_count": dim}
    if c.get("head_dim"):
        out |= {f"{arch}.attention.{kind}_length": c["head_dim"] for kind in ("key", "value")}
    scaling = c.get("rope_scaling") or {}
    if scaling.get("rope_type", scaling.get("type")) == "linear":
        out |= {f"{arch}.rope.scaling.type": "linear", f"{arch}.rope.scaling.factor": float(scaling["factor"])}
    return out | tokenizer_keys(directory, rows)


def tokenizer_keys(directory, rows):
    from transformers import AutoTokenizer

    tok = AutoTokenizer.from_pretrained(directory, use_fast=not (directory / "tokenizer.model").exists())
    tokens = [f"[PAD{i}]" for i in range(rows)]
    for text, i in tok.get_vocab().items():
        tokens[i] = text
    out = {"tokenizer.ggml.tokens": tokens}
    for role, key in (("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("pad", "padding")):
        if getattr(tok, f"{role}_token_id") is not None:
            out[f"tokenizer.ggml.{key}_token_id"] = getattr(tok, f"{role}_token_id")
    fast = directory / "tokenizer.json"
    if (directory / "tokenizer.model").exists():
        out["tokenizer.ggml.model"] = "llama"
        out["tokenizer.ggml.scores"] = [
            tok.sp_model.get_score(i) if i < tok.sp_model.get_piece_size() else (-1000.0 if i < len(tok) else -10000.0)
            for i in range(rows)
        ]
    elif fast.exists():
        merges = json.loads(fast.read_text())["model"]["merges"]
        out["tokenizer.ggml.model"] = "gpt2"
        out["tokenizer.ggml.merges"] = [m if isinstance(m, str) else " ".join(m) for m in merges]
    jinja = directory / "chat_template.jinja"
    if jinja.exists():
        out["tokenizer.chat_template"] = jinja.read_text()
    return out


def vision_keys(c, directory):
    v = c["vision_config"]
    layer = c["vision_feature_layer"]
    layer = layer if layer >= 0 else v["num_hidden_layers"] + 1 + layer
    p = json.loads((directory / "preprocessor_config.json").read_text())
    f32 = lambda values: [float(np.float32(x)) for x in values]  # noqa: E731
    return layer, {
        "general.architecture": "clip",
        "clip.has_text_encoder": False,
        "clip.has_vision_encoder": True,
        "clip.has_llava_projector": True,
        "clip.projector_type": "mlp",
        "clip.use_gelu": v["hidden_act"] != "quick_gelu",
        "clip.vision.image_size": v["image_size"],
        "clip.vision.patch_size": v["patch_size"],
        "clip.vision.embedding_length": v["hidden_size"],
        "clip.vision.feed_forward_length": v["intermediate_size"],
        "clip.vision.attention.head_count": v["num_attention_heads"],
        "clip.vision.attention.layer_norm_epsilon": float(v["layer_norm_eps"]),
        "clip.vision.block_count": layer,
        "clip.vision.feature_layer": [layer],
        "clip.vision.image_mean": f32(p["image_mean"]),
        "clip.vision.image_std": f32(p["image_std"]),
    }


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("directory", type=pathlib.Path)
    p.add_argument("decoder", type=pathlib.Path)
    p.add_argument("mmproj", type=pathlib.Path, nargs="?")
    a = p.parse_args()
    c = json.loads((a.directory / "config.json").read_text())
    text = c.get("text_config", c)
    weights = tensors(a.directory)
    reader = gguf.GGUFReader(a.decoder)
    print(a.decoder)
    expected = dict(decoder_tensors(weights, text))
    compare(reader, expected)
    keys(reader, text_keys(text, a.directory, expected["token_embd.weight"].shape[0]))
    if a.mmproj:
        print(a.mmproj)
        reader = gguf.GGUFReader(a.mmproj)
        layer, wanted = vision_keys(c, a.directory)
        compare(reader, dict(mmproj_tensors(weights, layer)))
        keys(reader, wanted)
    print("OK" if not problems else f"{len(problems)} differences")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
