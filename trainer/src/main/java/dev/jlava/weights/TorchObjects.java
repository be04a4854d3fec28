package dev.jlava.weights;

import dev.jlava.weights.PickleReader.Tuple;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The names that the pickle of a state dict may use (`torch/_utils.py`, `torch/serialization.py`)
/// and what becomes of them: tensors as [StridedTensor], ordered dicts as maps. All other names are
/// refused.
final class TorchObjects implements PickleReader.Objects {
  /// The bytes that tensors share: record `data/<key>` of the archive.
  record Storage(Dtype dtype, String key, long numElements) {}

  /// A view of a storage; offset and strides count elements.
  record StridedTensor(Storage storage, long offset, long[] shape, long[] strides) {}

  /// A name that stands for itself, such as `torch.float16`.
  private record Constant(String name) {}

  private enum Callable {
    TENSOR,
    PARAMETER,
    ORDERED_DICT,
    SIZE
  }

  private static final Map<String, Object> GLOBALS =
      Map.ofEntries(
          Map.entry("torch._utils._rebuild_tensor_v2", Callable.TENSOR),
          Map.entry("torch._utils._rebuild_parameter", Callable.PARAMETER),
          Map.entry("collections.OrderedDict", Callable.ORDERED_DICT),
          Map.entry("torch.Size", Callable.SIZE),
          Map.entry("torch.DoubleStorage", Dtype.F64),
          Map.entry("torch.FloatStorage", Dtype.F32),
          Map.entry("torch.HalfStorage", Dtype.F16),
          Map.entry("torch.BFloat16Storage", Dtype.BF16),
          Map.entry("torch.LongStorage", Dtype.I64),
          Map.entry("torch.IntStorage", Dtype.I32),
          Map.entry("torch.ShortStorage", Dtype.I16),
          Map.entry("torch.CharStorage", Dtype.I8),
          Map.entry("torch.ByteStorage", Dtype.U8),
          Map.entry("torch.BoolStorage", Dtype.BOOL),
          Map.entry("torch.float64", new Constant("torch.float64")),
          Map.entry("torch.float32", new Constant("torch.float32")),
          Map.entry("torch.float16", new Constant("torch.float16")),
          Map.entry("torch.bfloat16", new Constant("torch.bfloat16")));

  private final Path file;

  /// @param file for messages
  TorchObjects(Path file) {
    this.file = file;
  }

  @Override
  public Object global(String module, String name) {
    Object known = GLOBALS.get(module + "." + name);
    if (known != null) {
      return known;
    }
    // torch has a class of storages for each dtype that it had before float8 and uint16.
    if (name.equals("_rebuild_tensor_v3") || (module.equals("torch") && name.endsWith("Storage"))) {
      throw new WeightsException(
          file
              + ": a tensor is stored through "
              + module
              + "."
              + name
              + ", whose dtypes are not supported (allowed "
              + List.of(Dtype.values())
              + "); convert it");
    }
    throw new WeightsException(
        file
            + ": refers to Python's '"
            + module
            + "."
            + name
            + "', which no state dict needs and which could run code; nothing was run. If you"
            + " trust the file, load it with torch and save its tensors alone, as safetensors or"
            + " with torch.save(state_dict)");
  }

  @Override
  public Object persistent(Object id) {
    if (id instanceof Tuple(List<Object> items)
        && items.size() == 5
        && items.get(0).equals("storage")
        && items.get(1) instanceof Dtype dtype
        && items.get(2) instanceof String key
        && items.get(4) instanceof Long numElements) {
      return new Storage(dtype, key, numElements);
    }
    throw unexpected("a persistent id that is no storage");
  }

  @Override
  public Object call(Object callee, List<Object> arguments) {
    if (!(callee instanceof Callable callable)) {
      throw unexpected("a call of a " + PickleReader.kind(callee));
    }
    return switch (callable) {
      case TENSOR -> tensor(arguments);
      case PARAMETER -> parameter(arguments);
      case ORDERED_DICT -> orderedDict(arguments);
      case SIZE -> size(arguments);
    };
  }

  /// `(storage, offset, size, stride, requires_grad, backward_hooks)`; a seventh argument would say
  /// that values are to be negated or conjugated.
  private StridedTensor tensor(List<Object> arguments) {
    if (arguments.size() == 6
        && arguments.get(0) instanceof Storage storage
        && arguments.get(1) instanceof Long offset
        && arguments.get(2) instanceof Tuple size
        && arguments.get(3) instanceof Tuple stride) {
      return new StridedTensor(storage, offset, longs(size), longs(stride));
    }
    throw unexpected("a tensor with unknown arguments");
  }

  private long[] longs(Tuple tuple) {
    return tuple.items().stream()
        .mapToLong(item -> {
          if (item instanceof Long value) {
            return value;
          }
          throw unexpected("a tensor's size that is a " + PickleReader.kind(item));
        })
        .toArray();
  }

  /// `(data, requires_grad, backward_hooks)`.
  private StridedTensor parameter(List<Object> arguments) {
    if (arguments.size() == 3 && arguments.get(0) instanceof StridedTensor tensor) {
      return tensor;
    }
    throw unexpected("a parameter with unknown arguments");
  }

  private Map<Object, Object> orderedDict(List<Object> arguments) {
    if (!arguments.isEmpty()) {
      throw unexpected("an OrderedDict with arguments");
    }
    return new LinkedHashMap<>();
  }

  private Tuple size(List<Object> arguments) {
    if (arguments.size() == 1 && arguments.get(0) instanceof Tuple size) {
      return size;
    }
    throw unexpected("a torch.Size with unknown arguments");
  }

  private WeightsException unexpected(String found) {
    return new WeightsException(
        file + ": the pickle holds " + found + "; not written by torch.save, or damaged");
  }
}
