"""Small files of torch.save, what their tensors are, and files that a reader must refuse.

Usage: python gen_torch_files.py --out trainer/src/test/resources/weights
Nothing here loads what it writes: `calls_os_system.bin` would run a command.
"""
import argparse, collections, json, os, pickle, struct, tempfile, zipfile

import torch
from safetensors.torch import save_file
from torch.serialization import skip_data

p = argparse.ArgumentParser()
p.add_argument("--out", required=True)
OUT = p.parse_args().out
os.makedirs(os.path.join(OUT, "sharded"), exist_ok=True)
g = torch.Generator().manual_seed(7)


def path(name):
    return os.path.join(OUT, name)


def expect(name, tensors):
    save_file({k: v.detach().clone().contiguous() for k, v in tensors.items()}, path(name))
    os.chmod(path(name), 0o644)


# A state dict: an OrderedDict with _metadata, parameters, buffers, views of one storage, every dtype.
module = torch.nn.Linear(3, 2)
with torch.no_grad():
    for q in module.parameters():
        q.copy_(torch.randn(q.shape, generator=g))
state = module.state_dict()
base = torch.randn(4, 6, generator=g)
state["parameter"] = torch.nn.Parameter(base[0].clone())
state["shared.whole"] = base
state["shared.again"] = base
state["shared.rows"] = base[1:3]
state["shared.columns"] = base[:, 2:5]
state["transposed"] = torch.randn(3, 5, generator=g).t()
state["permuted.bf16"] = torch.randn(2, 3, 4, generator=g).to(torch.bfloat16).permute(2, 0, 1)
state["channels_last"] = torch.randn(1, 2, 3, 2, generator=g).to(memory_format=torch.channels_last)
state["one_row_odd_stride"] = base[:1, :]
state["scalar"] = torch.tensor(2.5)
state["empty"] = torch.zeros(0, 3)
for name in ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8"):
    state["dtype." + name] = torch.tensor([-3, 0, 1, 100]).to(getattr(torch, name))
state["dtype.uint8"] = torch.tensor([0, 255], dtype=torch.uint8)
state["dtype.bool"] = torch.tensor([True, False, True])
torch.save(state, path("state_dict.bin"))
expect("state_dict.safetensors", state)

# Dicts within a dict, the values that checkpoints carry besides weights, a newer pickle protocol.
torch.save({"module": {"a": base[0], "b": collections.OrderedDict(c=base[1])}, "history": [base[2], (base[3],)], 7: base[:2],
            "size": base.size(), "dtype": torch.float16, "epoch": 3, "big": -2**40, "lr": 2e-5, "name": "é", "done": False, "none": None},
           path("nested.bin"), pickle_protocol=4)
expect("nested.safetensors", {"module.a": base[0], "module.b.c": base[1], "history.0": base[2], "history.1.0": base[3], "7": base[:2]})

# Shards with an index, as transformers writes them.
torch.save({"a.weight": base[:2]}, path("sharded/pytorch_model-00001-of-00002.bin"))
torch.save({"b.weight": base[2:]}, path("sharded/pytorch_model-00002-of-00002.bin"))
with open(path("sharded/pytorch_model.bin.index.json"), "w") as f:
    json.dump({"metadata": {"total_size": 96}, "weight_map": {n + ".weight": f"pytorch_model-0000{i}-of-00002.bin" for i, n in ((1, "a"), (2, "b"))}}, f)
    f.write("\n")
expect("sharded.safetensors", {"a.weight": base[:2], "b.weight": base[2:]})

# A file of 5.2 GB without the zeros: (offset, length, bytes) of all that is not a hole, big-endian.
with tempfile.TemporaryDirectory() as tmp:
    big = os.path.join(tmp, "big.bin")
    with skip_data():
        torch.save({"big": torch.empty(2_600_000_000, dtype=torch.bfloat16), "far": torch.empty(3), "last": torch.empty(2, dtype=torch.int64)}, big)
    z = zipfile.ZipFile(big)
    with open(big, "r+b") as f:
        for key, values in (("1", struct.pack("<3f", 1.5, -2.0, 3.25)), ("2", struct.pack("<2q", 2**40, -1))):
            at = z.getinfo("big/data/" + key).header_offset
            f.seek(at + 26)
            n, m = struct.unpack("<2H", f.read(4))
            f.seek(at + 30 + n + m)
            f.write(values)
    with open(big, "rb") as f, open(path("over_4g.extents"), "wb") as out:
        size = os.path.getsize(big)
        for start, end in ((0, 1024), (5_200_000_000, size)):
            f.seek(start)
            out.write(struct.pack(">qi", start, end - start) + f.read(end - start))


# What must be refused.
class Command:
    def __reduce__(self):
        return os.system, ("touch jlava-ran-a-pickle",)


class Made:
    pass


torch.save({"weight": base, "x": Command()}, path("calls_os_system.bin"))
torch.save({"weight": base, "x": Made()}, path("makes_an_object.bin"))
torch.save({"weight": base}, path("legacy.bin"), _use_new_zipfile_serialization=False)
torch.save({"weight": torch.ones(2).to(torch.float8_e4m3fn)}, path("float8.bin"))
torch.save({"weight": torch.zeros(1).expand(4)}, path("expanded.bin"))
torch.save({"weight": torch.view_as_complex(base.view(4, 3, 2))}, path("complex.bin"))
torch.save({"epoch": 3}, path("no_tensors.bin"))
torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), path("torchscript.bin"))
with zipfile.ZipFile(path("state_dict.bin")) as z, zipfile.ZipFile(path("compressed.bin"), "w", zipfile.ZIP_DEFLATED) as out:
    for name in z.namelist():
        out.writestr(zipfile.ZipInfo(name), z.read(name), zipfile.ZIP_DEFLATED)
