#!/usr/bin/env python3
"""LLaVA training with Hugging Face transformers and PEFT, as a competent user would run it on a CPU.

    python hf_llava_train.py stage1      --model DIR --data DIR --preset best
    python hf_llava_train.py stage2-full --model DIR --data DIR --preset stock --checkpointing off
    python hf_llava_train.py stage2-lora --model DIR --data DIR --driver trainer --dtype bf16-amp

Prints one JSON line. Steps before --warmup-steps are run and excluded from every figure but the losses.

Presets (single options override them):
    stock   what the libraries do unasked: sdpa, padding mask, logits of every position,
            every CLIP layer, CLIPImageProcessor, gradient checkpointing as in LLaVA's scripts
    best    the same mathematics with no needless work: no checkpointing, causal attention
            without a mask (padding is on the right), logits of supervised positions only,
            no CLIP layer behind the one that is read, image processing by hand

--dtype:
    fp32         everything in fp32
    bf16         everything in bf16, the optimizer too (loses small updates; the fastest)
    bf16-master  bf16 weights and gradients, fp32 copies of the trained ones in the optimizer (as DeepSpeed does)
    bf16-amp     fp32 trained weights, bf16 frozen ones, autocast (as Trainer(bf16=True) does)
"""
import argparse
import json
import math
import os
import pathlib
import resource
import statistics
import sys
import time

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

PRESETS = {
    "stock": {
        "attention": "sdpa", "mask": "padding", "head": "full", "vision": "full", "images": "slow", "checkpointing": "on",
    },
    "best": {
        "attention": "sdpa-repeat", "mask": "ones", "head": "supervised", "vision": "needed", "images": "pil", "checkpointing": "off",
    },
}  # fmt: skip
LORA_TARGETS = r".*language_model\..*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)"


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("mode", choices=["stage1", "stage2-full", "stage2-lora", "stage2-qlora"])
    p.add_argument("--model", type=pathlib.Path, required=True)
    p.add_argument("--data", type=pathlib.Path, required=True)
    p.add_argument("--driver", choices=["loop", "trainer"], default="loop")
    p.add_argument("--preset", choices=sorted(PRESETS), default="best")
    p.add_argument("--attention", choices=["sdpa", "sdpa-repeat", "eager"])
    p.add_argument("--mask", choices=["padding", "ones"])
    p.add_argument("--head", choices=["full", "supervised"])
    p.add_argument("--vision", choices=["full", "needed"])
    p.add_argument("--images", choices=["slow", "fast", "pil"])
    p.add_argument("--checkpointing", choices=["on", "off"])
    p.add_argument("--dtype", choices=["fp32", "bf16", "bf16-master", "bf16-amp"], default="fp32")
    p.add_argument("--steps", type=int, default=10, help="timed optimizer steps")
    p.add_argument("--warmup-steps", type=int, default=2, help="optimizer steps before the timing")
    p.add_argument("--batch-size", type=int, default=4, help="samples of one forward pass")
    p.add_argument("--grad-accum", type=int, default=1)
    p.add_argument("--group-by-length", action="store_true")
    p.add_argument("--order-file", type=pathlib.Path, help="JSON list of sample numbers, instead of the file's order")
    p.add_argument("--write-order", type=pathlib.Path)
    p.add_argument("--workers", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--max-length", type=int, default=2048)
    p.add_argument("--lr", type=float, help="default as LLaVA: 1e-3, 2e-5, 2e-4 (LoRA)")
    p.add_argument("--projector-lr", type=float, help="default 2e-5 with LoRA, else --lr")
    p.add_argument("--lr-warmup-ratio", type=float, default=0.03)
    p.add_argument("--clip", type=float, default=1.0, help="gradient norm; 0 is off")
    p.add_argument("--fused", choices=["on", "off"], default="on")
    p.add_argument("--lora-r", type=int, default=128)
    p.add_argument("--lora-alpha", type=int, default=256)
    p.add_argument("--lora-dropout", type=float, default=0.0, help="LLaVA: 0.05; 0 keeps losses comparable")
    p.add_argument("--compile", action="store_true", help="torch.compile of the decoder (needs a C++ compiler)")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--label", default="", help="copied to the output")
    p.add_argument("--save", type=pathlib.Path, help="write the trained tensors here (safetensors)")
    a = p.parse_args()
    for name, value in PRESETS[a.preset].items():
        if getattr(a, name) is None:
            setattr(a, name, value)
    if a.lr is None:
        a.lr = {"stage1": 1e-3, "stage2-full": 2e-5}.get(a.mode, 2e-4)
    if a.projector_lr is None:
        a.projector_lr = 2e-5 if "lora" in a.mode else a.lr
    if a.driver == "trainer" and a.dtype == "bf16-master":
        p.error("the Trainer has no fp32 masters of bf16 weights; use bf16-amp, or the loop")
    return a


A = arguments() if __name__ == "__main__" else None

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402


# ------------------------------------------------------------------ model


def sdpa_repeat(module, query, key, value, attention_mask, dropout=0.0, scaling=None, is_causal=None, **_):
    """transformers asks for enable_gqa where there is no mask; on a CPU that leaves the fused kernel."""
    from transformers.models.llama.modeling_llama import repeat_kv

    groups = getattr(module, "num_key_value_groups", 1)
    key, value = repeat_kv(key, groups), repeat_kv(value, groups)
    if is_causal is None:
        is_causal = query.shape[2] > 1 and attention_mask is None and getattr(module, "is_causal", True)
    out = F.scaled_dot_product_attention(
        query, key, value, attn_mask=attention_mask, dropout_p=dropout, scale=scaling, is_causal=is_causal
    )
    return out.transpose(1, 2).contiguous(), None


def attention_name(name):
    if name != "sdpa-repeat":
        return name
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    AttentionInterface.register("sdpa_repeat", sdpa_repeat)
    AttentionMaskInterface.register("sdpa_repeat", sdpa_mask)
    return "sdpa_repeat"


def cast(parameters, dtype):
    # not model.to(dtype): that would round the rotary frequencies too
    for p in parameters:
        p.data = p.data.to(dtype)


def skip(reason):
    print(json.dumps({"skipped": True, "reason": reason}))
    sys.exit(0)


def load(a):
    """The model ready to train, and fp32 masters by parameter (empty unless bf16-master)."""
    from transformers import LlavaForConditionalGeneration

    extra = {}
    if a.mode == "stage2-qlora":
        try:
            import bitsandbytes

            probe = bitsandbytes.nn.Linear4bit(64, 64, bias=False, quant_type="nf4", compute_dtype=torch.float32).to("cpu")
            x = torch.ones(2, 64, requires_grad=True)
            probe(x).sum().backward()
            if x.grad is None or not torch.isfinite(x.grad).all():
                raise RuntimeError("no finite gradient through a 4-bit layer")
        except Exception as e:  # whatever is wrong with it here, there is nothing to measure
            skip(f"bitsandbytes does not work on this CPU: {type(e).__name__}: {e}")
        from transformers import BitsAndBytesConfig

        compute = torch.float32 if a.dtype == "fp32" else torch.bfloat16
        extra = {
            "quantization_config": BitsAndBytesConfig(
                load_in_4bit=True,
                bnb_4bit_quant_type="nf4",
                bnb_4bit_use_double_quant=True,
                bnb_4bit_compute_dtype=compute,
                llm_int8_skip_modules=["lm_head", "vision_tower", "multi_modal_projector"],
            ),
            "device_map": {"": "cpu"},
        }
    name = attention_name(a.attention)
    model = LlavaForConditionalGeneration.from_pretrained(
        a.model,
        dtype=torch.float32,
        attn_implementation={"text_config": name, "vision_config": "eager" if name == "eager" else "sdpa", "": name},
        **extra,
    )
    model.config.use_cache = False
    core = model.model
    if a.vision == "needed":
        layer = model.config.vision_feature_layer
        if layer < -1:
            core.vision_tower.vision_model.encoder.layers = core.vision_tower.vision_model.encoder.layers[: layer + 1]
            model.config.vision_feature_layer = -1
    model.requires_grad_(False)
    if "lora" in a.mode:
        from peft import LoraConfig, get_peft_model

        torch.manual_seed(a.seed)
        model = get_peft_model(
            model,
            LoraConfig(
                r=a.lora_r,
                lora_alpha=a.lora_alpha,
                lora_dropout=a.lora_dropout,
                target_modules=LORA_TARGETS,
                bias="none",
                task_type="CAUSAL_LM",
            ),
            autocast_adapter_dtype=False,
        )
    if a.mode == "stage2-full":
        core.language_model.requires_grad_(True)
        (model.get_base_model() if hasattr(model, "get_base_model") else model).lm_head.requires_grad_(True)
    core.multi_modal_projector.requires_grad_(True)
    trained = [p for p in model.parameters() if p.requires_grad]
    frozen = [p for p in model.parameters() if not p.requires_grad and p.dtype == torch.float32]
    masters = []
    if a.dtype != "fp32":
        cast(frozen, torch.bfloat16)
        if a.dtype == "bf16-master":
            masters = [torch.nn.Parameter(p.detach().clone()) for p in trained]
        if a.dtype in ("bf16", "bf16-master"):
            cast(trained, torch.bfloat16)
    model.train()
    core.vision_tower.eval()
    if a.checkpointing == "on":
        # not the vision tower: it is frozen and has no backward pass
        core.language_model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    if a.compile:
        core.language_model.forward = torch.compile(core.language_model.forward, dynamic=True)
    return model, core, trained, masters


def loss_of(model, core, head, batch, items, kind):
    inputs = {k: batch[k] for k in ("input_ids", "attention_mask", "pixel_values") if k in batch}
    if kind == "full":
        return model(**inputs, labels=batch["labels"], use_cache=False, num_items_in_batch=items).loss
    hidden = core(**inputs, use_cache=False).last_hidden_state
    logits = head(hidden.flatten(0, 1).index_select(0, batch["rows"]))
    return F.cross_entropy(logits.float(), batch["targets"], reduction="sum") / items


def optimizer_for(model, trained, masters, a):
    names = {id(p): n for n, p in model.named_parameters()}
    groups = {True: [], False: []}
    for i, p in enumerate(trained):
        groups["multi_modal_projector" in names[id(p)]].append(masters[i] if masters else p)
    return torch.optim.AdamW(
        [{"params": ps, "lr": a.projector_lr if projector else a.lr} for projector, ps in groups.items() if ps],
        lr=a.lr,
        weight_decay=0.0,
        fused=a.fused == "on",
        foreach=False if a.fused == "on" else None,
    )


# ------------------------------------------------------------------ measuring


class Meter:
    def __init__(self, warmup):
        self.warmup, self.steps, self.mark = warmup, [], time.perf_counter()
        self.wait, self.stats, self.cpu = 0.0, [], 0.0

    def fetched(self, seconds, stats):
        self.wait += seconds
        self.stats += stats

    def step(self):
        now = time.perf_counter()
        self.steps.append((now - self.mark, self.wait, self.stats))
        print(f"step {len(self.steps)}", file=sys.stderr, flush=True)
        if len(self.steps) == self.warmup:
            self.cpu = time.process_time()
        self.last_cpu = time.process_time()
        self.mark, self.wait, self.stats = now, 0.0, []

    def report(self):
        timed = self.steps[self.warmup :]
        total = sum(t for t, _, _ in timed)
        count = {k: sum(s[k] for _, _, stats in timed for s in stats) for k in timed[0][2][0]}
        return {
            "samples_per_s": round(count["samples"] / total, 4),
            "supervised_tokens_per_s": round(count["supervised"] / total, 2),
            "tokens_per_s": round(count["tokens"] / total, 2),
            "step_s_median": round(statistics.median(t for t, _, _ in timed), 4),
            "warmup_s": round(sum(t for t, _, _ in self.steps[: self.warmup]), 2),
            "step_s": [round(t, 4) for t, _, _ in timed],
            # well under threads x seconds: something else had the cores
            "cpu_s": round(self.last_cpu - self.cpu, 2),
            "data_wait_share": round(sum(w for _, w, _ in timed) / total, 4),
            "padding_share": round(1 - count["tokens"] / count["padded"], 4),
            "timed": {**count, "steps": len(timed), "seconds": round(total, 3)},
        }


def mebibytes(who):
    return round(resource.getrusage(who).ru_maxrss / 1024)


# ------------------------------------------------------------------ data


class Endless(torch.utils.data.Sampler):
    def __init__(self, order):
        self.order = order

    def __iter__(self):
        return iter(self.order)

    def __len__(self):
        return len(self.order)


def order_of(data, a):
    """Sample numbers for the whole run: file order, a given order, or grouped by length, epoch after epoch."""
    needed = (a.steps + a.warmup_steps) * a.batch_size * a.grad_accum
    generator = torch.Generator().manual_seed(a.seed)
    result = []
    while len(result) < needed:
        if a.order_file:
            result += json.loads(a.order_file.read_text())
        elif a.group_by_length:
            from transformers.trainer_pt_utils import get_length_grouped_indices

            result += get_length_grouped_indices(data.lengths(), a.batch_size * a.grad_accum, generator=generator)
        else:
            result += range(len(data))
    result = [int(i) for i in result[:needed]]
    if a.write_order:
        a.write_order.write_text(json.dumps(result) + "\n")
    return result


def dataset(a):
    from transformers import AutoTokenizer

    from hf_llava_data import Collator, Images, LlavaData, Text

    config = json.loads((a.model / "config.json").read_text())
    tokenizer = AutoTokenizer.from_pretrained(a.model)
    text = Text(tokenizer, config["image_token_index"], config["image_seq_length"], a.max_length)
    data = LlavaData(a.data, 1 if a.mode == "stage1" else 2, text, Images(a.model, a.images))
    return data, Collator(tokenizer.pad_token_id, a.mask)


# ------------------------------------------------------------------ drivers


def cosine(step, total, ratio):
    warmup = math.ceil(total * ratio)
    if step < warmup:
        return step / max(1, warmup)
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, total - warmup)))


def run_loop(a, model, core, head, trained, masters, data, collate):
    from hf_llava_data import worker_init

    total = a.steps + a.warmup_steps
    optimizer = optimizer_for(model, trained, masters, a)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: cosine(s, total, a.lr_warmup_ratio))
    loader = torch.utils.data.DataLoader(
        data,
        batch_size=a.batch_size,
        sampler=Endless(order_of(data, a)),
        collate_fn=collate,
        num_workers=a.workers,
        worker_init_fn=worker_init,
        drop_last=True,
    )
    batches = iter(loader)
    losses, norms = [], []
    meter = Meter(a.warmup_steps)
    for _ in range(total):
        begin = time.perf_counter()
        window = [next(batches) for _ in range(a.grad_accum)]
        meter.fetched(time.perf_counter() - begin, [b["stats"] for b in window])
        items = sum(b["stats"]["supervised"] for b in window)
        loss = 0.0
        for batch in window:
            with torch.autocast("cpu", torch.bfloat16, enabled=a.dtype == "bf16-amp"):
                part = loss_of(model, core, head, batch, items, a.head)
            part.backward()
            loss += part.item()
        if masters:
            for p, m in zip(trained, masters):
                m.grad = None if p.grad is None else p.grad.float()
                p.grad = None
        if a.clip:
            norms.append(float(torch.nn.utils.clip_grad_norm_(masters or trained, a.clip)))
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        if masters:
            with torch.no_grad():
                for p, m in zip(trained, masters):
                    p.copy_(m)
        losses.append(loss)
        meter.step()
    return meter, losses, norms


def run_trainer(a, model, core, head, trained, masters, data, collate):
    from transformers import Trainer, TrainerCallback, TrainingArguments

    meter = Meter(a.warmup_steps)
    order = Endless(order_of(data, a))
    need_rows = a.head == "supervised"

    class Ours(Trainer):
        def _get_train_sampler(self, *_):
            return order

        def get_batch_samples(self, *args, **kwargs):
            begin = time.perf_counter()
            batches, items = super().get_batch_samples(*args, **kwargs)
            stats = [b.pop("stats") for b in batches]
            if not need_rows:
                for b in batches:
                    del b["rows"], b["targets"]
            meter.fetched(time.perf_counter() - begin, stats)
            return batches, items

        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            if not need_rows:
                return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
            with self.compute_loss_context_manager():
                return loss_of(model, core, head, inputs, num_items_in_batch, "supervised")

    class Clock(TrainerCallback):
        def on_train_begin(self, *_, **__):
            meter.mark = time.perf_counter()

        def on_step_end(self, *_, **__):
            meter.step()

    import tempfile

    with tempfile.TemporaryDirectory() as work:
        trainer = Ours(
            model=model,
            args=TrainingArguments(
                output_dir=work,
                per_device_train_batch_size=a.batch_size,
                gradient_accumulation_steps=a.grad_accum,
                max_steps=a.steps + a.warmup_steps,
                learning_rate=a.lr,
                weight_decay=0.0,
                lr_scheduler_type="cosine",
                warmup_ratio=a.lr_warmup_ratio,
                max_grad_norm=a.clip,
                bf16=a.dtype == "bf16-amp",
                use_cpu=True,
                dataloader_num_workers=a.workers,
                dataloader_pin_memory=False,
                dataloader_drop_last=True,
                remove_unused_columns=False,
                logging_steps=1,
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
                seed=a.seed,
            ),
            train_dataset=data,
            data_collator=collate,
            optimizers=(optimizer_for(model, trained, masters, a), None),
            callbacks=[Clock()],
        )
        trainer.model_accepts_loss_kwargs = True
        # Its printing of each log entry is no part of training.
        from transformers.trainer_callback import PrinterCallback

        trainer.remove_callback(PrinterCallback)
        trainer.train()
    history = [h for h in trainer.state.log_history if "loss" in h]
    return meter, [h["loss"] for h in history], [float(h["grad_norm"]) for h in history if "grad_norm" in h]


def main(a):
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    from transformers.utils import logging

    logging.set_verbosity_error()
    model, core, trained, masters = load(a)
    head = (model.get_base_model() if hasattr(model, "get_base_model") else model).lm_head
    after_load = mebibytes(resource.RUSAGE_SELF)
    data, collate = dataset(a)
    run = run_trainer if a.driver == "trainer" else run_loop
    meter, losses, norms = run(a, model, core, head, trained, masters, data, collate)
    if a.save:
        from safetensors.torch import save_file

        a.save.parent.mkdir(parents=True, exist_ok=True)
        save_file({n: p.detach().contiguous() for n, p in model.named_parameters() if p.requires_grad}, str(a.save))
    import transformers

    result = {
        "peer": "hf",
        "label": a.label,
        "mode": a.mode,
        "driver": a.driver,
        "dtype": a.dtype,
        **{k: getattr(a, k) for k in PRESETS["stock"]},
        "compile": a.compile,
        "batch_size": a.batch_size,
        "grad_accum": a.grad_accum,
        "group_by_length": a.group_by_length,
        "workers": a.workers,
        "threads": torch.get_num_threads(),
        **meter.report(),
        "peak_rss_mib": mebibytes(resource.RUSAGE_SELF),
        "rss_after_load_mib": after_load,
        "worker_peak_rss_mib": mebibytes(resource.RUSAGE_CHILDREN),
        "trained_parameters": sum(p.numel() for p in trained),
        "loss": [round(v, 5) for v in losses],
        "grad_norm": [round(v, 5) for v in norms],
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(A)
