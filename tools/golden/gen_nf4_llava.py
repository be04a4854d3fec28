"""nf4/llava/, nf4/llava_int8/: the whole LLaVA directory of llava/hf as transformers saves it with bitsandbytes' weights, in 4 and in
8 bits: no module is skipped, so that tower, projector and decoder are quantised, all but the head. llava_text.json holds greedy
answers of the dequantised weights, which a plain formula takes from the files."""
import json, os, shutil
import torch
from common import args_for, dump, on_disk
from PIL import Image
from safetensors.torch import load_file
from transformers import AutoProcessor, BitsAndBytesConfig, LlavaForConditionalGeneration

a = args_for("nf4")
source = os.path.join(a.root, "llava")
text = json.load(open(os.path.join(source, "text.json")))["generate"]


def dequantised(tensors, name):
    """The weight's values, or None where it is not quantised."""
    if name + ".absmax" in tensors:
        state = json.loads(bytes(tensors[name + ".quant_state.bitsandbytes__nf4"].tolist()).decode())
        q = tensors[name].flatten()
        levels = tensors[name + ".quant_map"][torch.stack([q >> 4, q & 15], 1).flatten().long()]
        n = torch.Size(state["shape"]).numel()
        scales = tensors[name + ".absmax"].repeat_interleave(state["blocksize"])
        return (levels[:n] * scales[:n]).view(state["shape"])
    scale = tensors.get(name.removesuffix("weight") + "SCB")
    return None if scale is None else tensors[name].float() * (scale / 127)[:, None]


def answers(model, processor):
    found, margin = {}, 1e9
    for name, asked in text.items():
        images = [Image.open(os.path.join(source, i)).convert("RGB") for i in asked["images"]] or None
        inputs = processor(text=[asked["prompt"]], images=images, return_tensors="pt")
        model.generation_config.eos_token_id = None
        with torch.no_grad():
            r = model.generate(**inputs, do_sample=False, max_new_tokens=16, return_dict_in_generate=True, output_logits=True)
        top = torch.stack(r.logits, 1).topk(2, -1).values
        margin = min(margin, float((top[..., 0] - top[..., 1]).min()))
        found[name] = dict(prompt=asked["prompt"], images=asked["images"], new_tokens=r.sequences[0, inputs["input_ids"].shape[1]:].tolist())
    return found, margin


golden = {}
for kind, settings in (("llava", dict(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.float32)), ("llava_int8", dict(load_in_8bit=True))):
    target = os.path.join(a.dir, kind)
    shutil.rmtree(target, ignore_errors=True)
    hf = os.path.join(source, "hf")
    m = LlavaForConditionalGeneration.from_pretrained(hf, device_map="cpu", torch_dtype=torch.float32, quantization_config=BitsAndBytesConfig(**settings))
    m.train().save_pretrained(target)     # train(): in eval mode bitsandbytes 0.50 repacks the weights for a CPU kernel package that may be absent
    processor = AutoProcessor.from_pretrained(hf, use_fast=False)
    processor.save_pretrained(target)
    os.chmod(os.path.join(target, "model.safetensors"), 0o644)
    tensors = load_file(os.path.join(target, "model.safetensors"))
    full = LlavaForConditionalGeneration.from_pretrained(hf, attn_implementation="eager").eval()
    quantised = []
    with torch.no_grad():
        for name, p in full.named_parameters():
            w = dequantised(tensors, on_disk(name))
            if w is not None:
                quantised.append(on_disk(name))
                p.copy_(w)
    found, margin = answers(full, processor)
    golden[kind] = dict(quantised=sorted(quantised), generate=found, smallest_top1_top2_margin=margin)
    print(kind, len(quantised), "quantised, margin", margin)
dump(os.path.join(a.dir, "llava_text.json"), golden)
