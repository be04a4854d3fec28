#!/usr/bin/env python3
"""GGUF reference vectors: blocks of every type that JLaVA knows, and a file that the gguf package wrote.

    python gen_gguf.py --out DIR --llama-cpp LIB.so

blocks.safetensors   values [6, 256] fp32; for each type its bytes (gguf.quants; k-quants, which that package
                     cannot write, by llama.cpp's ggml_quantize_chunk from LIB.so, any shared library that holds it)
                     and what gguf.quants reads from them; the same of random blocks for the k-quants
llama.gguf           the decoder of llama/gqa_tied_llama3 (grouped queries, llama3 rope, tied head), in fp32, written by
                     GGUFWriter with one key of every type, rows of q and k in llama.cpp's order
"""
import argparse
import ctypes
import json
import math
import pathlib

import gguf
import numpy as np
from safetensors.numpy import load_file, save_file

T = gguf.GGMLQuantizationType
TYPES = [T.F16, T.BF16, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q8_0, T.Q4_K, T.Q5_K, T.Q6_K]
K_QUANTS = [T.Q4_K, T.Q5_K, T.Q6_K]


def values():
    rng = np.random.default_rng(7)
    x = rng.standard_normal((6, 256)).astype(np.float32)
    x[1] *= 1e-4
    x[2, ::37] *= 40  # outliers
    x[3] = np.abs(x[3]) + 0.5  # no zero between the extremes
    x[4] = 0
    x[4, 128:] = np.linspace(-1, 1, 128, dtype=np.float32)
    x[5, :64] = 0.25  # one value
    x[5, 64:96] = -0.75
    return x


def quantise(x, kind, library):
    if kind not in K_QUANTS:
        return gguf.quants.quantize(x, kind).view(np.uint8).ravel()
    block, size = gguf.GGML_QUANT_SIZES[kind]
    out = np.zeros(x.size // block * size, np.uint8)
    call = library.ggml_quantize_chunk
    call.restype = ctypes.c_size_t
    call.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p] + [ctypes.c_int64] * 3 + [ctypes.c_void_p]
    assert call(kind, x.ctypes.data, out.ctypes.data, 0, *x.shape, None) == out.size
    return out


def random_blocks(kind, count=2):
    rng = np.random.default_rng(int(kind))
    blocks = rng.integers(0, 256, (count, gguf.GGML_QUANT_SIZES[kind][1]), dtype=np.uint8)
    halves = rng.uniform(0.001, 0.1, (count, 2)).astype(np.float16).view(np.uint8)
    if kind in (T.Q4_K, T.Q5_K):
        blocks[:, :4] = halves
    else:
        blocks[:, -2:] = halves[:, :2]
    return blocks.ravel()


def blocks(out, library):
    x = values()
    tensors = {"values": x}
    for kind in TYPES:
        data = quantise(x, kind, library)
        tensors[f"{kind.name}.bytes"] = data
        tensors[f"{kind.name}.values"] = gguf.quants.dequantize(data, kind).astype(np.float32).ravel()
    for kind in K_QUANTS:
        data = random_blocks(kind)
        tensors[f"{kind.name}.random.bytes"] = data
        tensors[f"{kind.name}.random.values"] = gguf.quants.dequantize(data, kind).ravel()
    save_file(tensors, out / "blocks.safetensors", {"format": "pt"})
    (out / "blocks.safetensors").chmod(0o644)


NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
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


def paired(weight, heads):
    rows, cols = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, cols).swapaxes(1, 2).reshape(rows, cols)


def rope_factors(c):
    s = c["rope_scaling"]
    dim = c["head_dim"]
    factors = []
    for i in range(0, dim, 2):
        wave = 2 * math.pi * c["rope_theta"] ** (i / dim)
        context = s["original_max_position_embeddings"]
        if wave < context / s["high_freq_factor"]:
            factors.append(1)
        elif wave > context / s["low_freq_factor"]:
            factors.append(s["factor"])
        else:
            smooth = (context / wave - s["low_freq_factor"]) / (s["high_freq_factor"] - s["low_freq_factor"])
            factors.append(1 / ((1 - smooth) / s["factor"] + smooth))
    return np.array(factors, np.float32)


def decoder(out, source):
    c = json.loads((source / "config.json").read_text())
    w = gguf.GGUFWriter(out / "llama.gguf", "llama")
    w.add_type("model")
    w.add_name("tiny")
    w.add_block_count(c["num_hidden_layers"])
    w.add_context_length(c["max_position_embeddings"])
    w.add_embedding_length(c["hidden_size"])
    w.add_feed_forward_length(c["intermediate_size"])
    w.add_head_count(c["num_attention_heads"])
    w.add_head_count_kv(c["num_key_value_heads"])
    w.add_key_length(c["head_dim"])
    w.add_value_length(c["head_dim"])
    w.add_rope_freq_base(c["rope_theta"])
    w.add_layer_norm_rms_eps(c["rms_norm_eps"])
    w.add_rope_dimension_count(c["head_dim"])
    w.add_file_type(gguf.LlamaFileType.ALL_F32)
    tokens = ["<unk>", "<s>", "</s>", "▁", "a", "b", "▁a", "ab", "▁ab"]
    kinds = [2, 3, 3] + [1] * 6
    scores = [0.0] * 3 + [-9.0, -9.0, -9.0, -1.0, -2.0, -3.0]
    fill = c["vocab_size"] - len(tokens)
    w.add_tokenizer_model("llama")
    w.add_tokenizer_pre("default")
    w.add_token_list(tokens + [f"[PAD{len(tokens) + i}]" for i in range(fill)])
    w.add_token_scores(scores + [-10000.0] * fill)
    w.add_token_types(kinds + [5] * fill)
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)
    w.add_unk_token_id(0)
    w.add_add_space_prefix(False)
    w.add_quantization_version(gguf.GGML_QUANT_VERSION)
    for name, value in {
        "uint8": 200, "int8": -100, "uint16": 60000, "int16": -30000, "int32": -2000000000, "uint64": 1 << 40,
        "int64": -(1 << 40), "float32": 1.5, "float64": 0.1, "bool": True,
    }.items():  # fmt: skip
        getattr(w, f"add_{name}")(f"test.{name}", value)
    w.add_array("test.strings", ["naïve", "", "日本"])
    w.add_array("test.floats", [0.5, -2.0])
    w.add_custom_alignment(64)
    w.add_tensor("rope_freqs.weight", rope_factors(c))
    for name, value in load_file(source / "model.safetensors").items():
        place = name.removesuffix(".weight")
        layer = ""
        if place.startswith("model.layers."):
            _, _, number, place = place.split(".", 3)
            layer = f"blk.{number}."
        heads = {"self_attn.q_proj": "num_attention_heads", "self_attn.k_proj": "num_key_value_heads"}.get(place)
        w.add_tensor(layer + NAMES[place] + ".weight", paired(value, c[heads]) if heads else value)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--out", type=pathlib.Path, required=True, help="the folder that holds the case folders")
    p.add_argument("--llama-cpp", required=True, help="a shared library with ggml_quantize_chunk")
    a = p.parse_args()
    out = a.out / "gguf"
    out.mkdir(exist_ok=True)
    blocks(out, ctypes.PyDLL(a.llama_cpp))
    decoder(out, a.out / "llama/gqa_tied_llama3")


if __name__ == "__main__":
    main()
