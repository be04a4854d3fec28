"""lora/several/: three PEFT adapters side by side on lora/base, as PeftModel.save_pretrained lays them out: `default`
(LoRA on all projections) in the directory itself, `second` (rsLoRA on two) and `third` (DoRA on three) in directories of
their names. Logits with one, two and all three at work in that order, the weights after merging two, and the gradients of
`second` where `default` is at work and frozen."""
import os, shutil
import torch
import common
from common import args_for, maxdiff, save
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file
from transformers import LlamaForCausalLM

a0 = args_for("lora")
base = os.path.join(a0.dir, "base")
out = os.path.join(a0.dir, "several")
shutil.rmtree(out, ignore_errors=True)
seed = 1303 if a0.held else 303
inputs = load_file(os.path.join(a0.dir, "plain", "golden.safetensors"))
batch = {k: inputs[k] for k in ("input_ids", "attention_mask", "labels")}
SETTINGS = {
    "default": LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"], task_type="CAUSAL_LM"),
    "second": LoraConfig(r=2, lora_alpha=6, use_rslora=True, target_modules=["q_proj", "down_proj"], task_type="CAUSAL_LM"),
    "third": LoraConfig(r=3, lora_alpha=3, use_dora=True, target_modules=["q_proj", "o_proj", "up_proj"], task_type="CAUSAL_LM"),
}


def fresh():
    return LlamaForCausalLM.from_pretrained(base, attn_implementation="eager")


m = get_peft_model(fresh(), SETTINGS["default"])
for name in ("second", "third"):
    m.add_adapter(name, SETTINGS[name])
g = torch.Generator().manual_seed(seed)
with torch.no_grad():
    for n, p in sorted(m.named_parameters()):
        if "lora_A" in n or "lora_B" in n:
            p.copy_(torch.randn(p.shape, generator=g) * 0.2)
        elif "lora_magnitude" in n:
            p.mul_(1 + 0.1 * torch.randn(p.shape, generator=g))
m.eval()
for name in SETTINGS:
    m.peft_config[name].base_model_name_or_path = "../base" if name == "default" else "../../base"
m.save_pretrained(out)
for directory, _, files in os.walk(out):
    if "README.md" in files:
        os.remove(os.path.join(directory, "README.md"))  # the model-card stub PEFT writes

t = dict(batch)
for active in (["default"], ["second"], ["default", "second"], ["default", "second", "third"]):
    m.base_model.set_adapter(active)
    with torch.no_grad():
        t["logits." + "+".join(active)] = m(**batch).logits
m.base_model.set_adapter(["default", "second"])
for n, p in m.named_parameters():
    p.requires_grad_(".second." in n)
o = m(**batch)
o.loss.backward()
t["loss"] = o.loss.reshape(1)
grads = {n.replace(".second.", "."): p.grad for n, p in m.named_parameters() if p.grad is not None}
assert len(grads) == 8, list(grads)

again = PeftModel.from_pretrained(fresh(), out)
for name in ("second", "third"):
    again.load_adapter(os.path.join(out, name), name)
again.base_model.set_adapter(["default", "second", "third"])
with torch.no_grad():
    assert maxdiff(again.eval()(**batch).logits, t["logits.default+second+third"]) < 1e-5
again.base_model.set_adapter(["default", "second"])
merged = again.merge_and_unload(adapter_names=["default", "second"])
save(os.path.join(out, "golden.safetensors"), t)
save(os.path.join(out, "grads.safetensors"), grads)
save(os.path.join(out, "merged.safetensors"), {k: x for k, x in merged.state_dict().items() if "q_proj" in k or "down_proj" in k})
a0.dir = out
common.golden(a0, "lora/several", {"adapter_*": "the adapter `default`", "second/, third/": "the others", "golden.safetensors": "inputs of ../plain; logits.A+B with adapters A and B at work; loss with `default` and `second`",
    "grads.safetensors": "gradients of `second` with `default` at work", "merged.safetensors": "some projections with `default` and `second` merged"}, dict(atol=2e-5, rtol=1e-4), seed=seed, extra_versions=("peft",))
print({k: float(v.abs().max()) for k, v in t.items() if "logits" in k})
