"""optim8/: AdamW with block-wise 8-bit moments, as bitsandbytes computes it.

  bitsandbytes' own maps (create_dynamic_map) and its PyTorch reference of the update (optimizer_update_8bit_blockwise_pytorch), on CPU."""
import os

os.environ["TORCH_COMPILE_DISABLE"] = "1"
import torch
import common
from common import args_for, dump, save
import bitsandbytes.functional as F
from bitsandbytes.backends.triton.kernels_optim import optimizer_update_8bit_blockwise_pytorch as update

a = args_for("optim8")
seed = 1951 if a.held else 951
g = torch.Generator().manual_seed(seed)
HP = dict(lr=2e-3, weight_decay=0.1, betas=(0.9, 0.999), eps=1e-8) if not a.held else dict(lr=7e-4, weight_decay=0.03, betas=(0.9, 0.95), eps=1e-6)
STEPS = 4
shape = (57, 73) if not a.held else (31, 139)         # 4161 and 4309 elements: the last block is not full
signed, unsigned = F.create_dynamic_map(True), F.create_dynamic_map(False)
tensors = {"signed": signed, "unsigned": unsigned}
p = torch.randn(*shape, generator=g)
tensors["init"] = p.clone()
n = p.numel()
codes = [torch.zeros(shape, dtype=torch.uint8) for _ in range(2)]
absmax = [torch.zeros((n + 255) // 256) for _ in range(2)]
for t in range(STEPS):
    grad = torch.randn(*shape, generator=g) * torch.exp(torch.randn(shape[0], 1, generator=g))   # rows of very different size
    if t > 0:
        grad[t::7] = 0
    tensors[f"grad.{t}"] = grad.clone()
    update(p, grad, *codes, *HP["betas"], 0.0, 0.0, HP["eps"], t + 1, HP["lr"], signed, unsigned, *absmax, HP["weight_decay"], 1.0, False, optimizer_name="adam")
    tensors[f"weight.{t}"] = p.clone()
    for name, c, s in zip(("exp_avg", "exp_avg_sq"), codes, absmax):
        tensors[f"{name}.{t}"], tensors[f"{name}_absmax.{t}"] = c.clone(), s.clone()
save(os.path.join(a.dir, "golden.safetensors"), tensors)
dump(os.path.join(a.dir, "optim8.json"), dict(HP, betas=list(HP["betas"]), steps=STEPS))
common.golden(a, "optim8", {"golden.safetensors": "signed and unsigned maps; init; grad.<t>, and after it weight.<t>, codes exp_avg.<t>, exp_avg_sq.<t>, scales exp_avg_absmax.<t>, exp_avg_sq_absmax.<t>",
    "optim8.json": "hyperparameters"}, dict(weight=dict(atol=1e-6, rtol=1e-5), codes="equal, or one apart where rounding decides", absmax=dict(rtol=1e-6)), seed=seed, extra_versions=("bitsandbytes",))
