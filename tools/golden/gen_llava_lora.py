"""llava/original_lora/: what the original LLaVA's LoRA recipe (finetune_lora.sh) leaves, on llava/original/model:

  adapter_config.json, adapter_model.bin   PEFT on the decoder (LlamaForCausalLM), as torch's pickle, as PEFT 0.4 wrote it
  non_lora_trainables.bin                  the projector, keys base_model.model.model.mm_projector.*
  config.json                              llava_llama, the tower beside the base
  golden.safetensors                       next-token logits after `1 2 <image> 3 4` with the first golden image, of
                                           transformers' LLaVA with that projector and PEFT's adapter at work

Reads llava/hf and llava/golden.safetensors, which gen_llava.py makes."""
import json, os, shutil
import torch
import common
from common import args_for, dump, save
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file
from transformers import LlamaForCausalLM, LlavaForConditionalGeneration

a = args_for("llava")
out = os.path.join(a.dir, "original_lora")
shutil.rmtree(out, ignore_errors=True)
os.makedirs(out)
seed = 1707 if a.held else 707
model = LlavaForConditionalGeneration.from_pretrained(os.path.join(a.dir, "hf"), attn_implementation="eager").eval()
text = LlamaForCausalLM(model.config.text_config)
text.model, text.lm_head = model.model.language_model, model.lm_head
conf = LoraConfig(r=4, lora_alpha=8, lora_dropout=0.05, bias="none", task_type="CAUSAL_LM",
                  target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"])
peft = get_peft_model(text, conf).eval()                 # adapts the modules in place, so `model` has them too
g = torch.Generator().manual_seed(seed)
with torch.no_grad():
    for n, p in sorted(peft.named_parameters()):
        if "lora_" in n:
            p.copy_(torch.randn(p.shape, generator=g) * 0.2)
    projector = {}
    for n, p in sorted(model.model.multi_modal_projector.named_parameters()):
        p.mul_(1 + 0.2 * torch.randn(p.shape, generator=g))
        projector["base_model.model.model.mm_projector." + n.replace("linear_1", "0").replace("linear_2", "2")] = p.detach().clone()
peft.peft_config["default"].base_model_name_or_path = "../original/model"
peft.save_pretrained(out, safe_serialization=False)
if os.path.exists(os.path.join(out, "README.md")):
    os.remove(os.path.join(out, "README.md"))            # the model-card stub PEFT writes
torch.save(projector, os.path.join(out, "non_lora_trainables.bin"))
config = json.load(open(os.path.join(a.dir, "original", "model", "config.json")))
config["mm_vision_tower"] = "../original/clip_tower"
dump(os.path.join(out, "config.json"), config)
pixels = load_file(os.path.join(a.dir, "golden.safetensors"))["pixel_values"][:1]
ids = torch.tensor([[1, 2] + [model.config.image_token_index] * model.config.image_seq_length + [3, 4]])
with torch.no_grad():
    logits = model(input_ids=ids, pixel_values=pixels, attention_mask=torch.ones_like(ids)).logits[0, -1]
    with peft.disable_adapter():
        without = model(input_ids=ids, pixel_values=pixels, attention_mask=torch.ones_like(ids)).logits[0, -1]
assert common.maxdiff(logits, without) > 0.1
save(os.path.join(out, "golden.safetensors"), {"logits": logits})
a.dir = out
common.golden(a, "llava/original_lora", {"adapter_config.json, adapter_model.bin": "the adapter", "non_lora_trainables.bin": "the projector", "golden.safetensors": "logits [V]"},
              dict(atol=2e-5, rtol=1e-4), seed=seed, extra_versions=("peft",))
print(float(logits[0]), common.maxdiff(logits, without))
