package dev.jlava.engine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/// Raw access to tensors through libtorch's C interface (`aoti_torch_*`), by foreign functions: a
/// DJL handle is an AtenTensorHandle.
final class TensorMemory {
  private final MethodHandle dataPtr;
  private final MethodHandle dim;
  private final MethodHandle sizes;
  private final MethodHandle dtype;
  private final MethodHandle strides;
  private final MethodHandle deviceType;
  private final MethodHandle fromBlob;

  /// Finds the library that DJL has loaded; call after DJL's engine is up.
  TensorMemory() {
    SymbolLookup torch = SymbolLookup.libraryLookup(Libtorch.library(), Arena.global());
    this.dataPtr = getter(torch, "aoti_torch_get_data_ptr");
    this.dim = getter(torch, "aoti_torch_get_dim");
    this.sizes = getter(torch, "aoti_torch_get_sizes");
    this.dtype = getter(torch, "aoti_torch_get_dtype");
    this.strides = getter(torch, "aoti_torch_get_strides");
    this.deviceType = getter(torch, "aoti_torch_get_device_type");
    this.fromBlob =
        bind(
            torch,
            "aoti_torch_create_tensor_from_blob",
            ADDRESS,
            JAVA_LONG,
            ADDRESS,
            ADDRESS,
            JAVA_LONG,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            ADDRESS);
  }

  private static MethodHandle getter(SymbolLookup torch, String name) {
    return bind(torch, name, ADDRESS, ADDRESS);
  }

  private static MethodHandle bind(SymbolLookup torch, String name, MemoryLayout... arguments) {
    return Linker.nativeLinker()
        .downcallHandle(torch.findOrThrow(name), FunctionDescriptor.of(JAVA_INT, arguments));
  }

  private interface Call {
    int run(MemorySegment out) throws Throwable;
  }

  /// Runs a call that writes one value of at most 8 bytes, and returns it.
  private static long read(String what, Call call) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_LONG);
      int code = call.run(out);
      if (code != 0) {
        throw new IllegalStateException("libtorch: " + what + " returned " + code);
      }
      return out.get(JAVA_LONG, 0);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static long get(String what, MethodHandle getter, long handle) {
    MemorySegment tensor = MemorySegment.ofAddress(handle);
    return read(what, out -> (int) getter.invokeExact(tensor, out));
  }

  long[] shape(long handle) {
    return list("sizes", sizes, handle, get("dim", dim, handle));
  }

  private static long[] list(String what, MethodHandle getter, long handle, long count) {
    if (count == 0) {
      return new long[0];
    }
    MemorySegment all = MemorySegment.ofAddress(get(what, getter, handle));
    return all.reinterpret(count * Long.BYTES).toArray(JAVA_LONG);
  }

  ScalarType type(long handle) {
    return ScalarType.ofCode((int) get("dtype", dtype, handle));
  }

  /// Whether the elements lie in row-major order in the host's memory.
  boolean isReadable(long handle) {
    return isOnCpu(handle) && isContiguous(handle, shape(handle));
  }

  private boolean isOnCpu(long handle) {
    return (int) get("device", deviceType, handle) == 0;
  }

  private boolean isContiguous(long handle, long[] shape) {
    long[] steps = list("strides", strides, handle, shape.length);
    long elements = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      if (shape[i] != 1 && steps[i] != elements) {
        return false;
      }
      elements *= shape[i];
    }
    return true;
  }

  MemorySegment data(long handle) {
    long[] shape = shape(handle);
    if (!isOnCpu(handle) || !isContiguous(handle, shape)) {
      throw new IllegalStateException(
          "bytes of a tensor that is not on the CPU, or not contiguous; take a copy");
    }
    long bytes = Arrays.stream(shape).reduce(type(handle).bytes(), (a, b) -> a * b);
    return MemorySegment.ofAddress(address(handle)).reinterpret(bytes);
  }

  long address(long handle) {
    return get("data", dataPtr, handle);
  }

  /// A tensor over foreign memory, in place; the memory must outlive it. Returns its handle.
  long over(MemorySegment memory, ScalarType type, long[] shape) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment sizes = arena.allocate(JAVA_LONG, Math.max(1, shape.length));
      MemorySegment strides = arena.allocate(JAVA_LONG, Math.max(1, shape.length));
      long stride = 1;
      for (int i = shape.length - 1; i >= 0; i--) {
        sizes.setAtIndex(JAVA_LONG, i, shape[i]);
        strides.setAtIndex(JAVA_LONG, i, stride);
        stride *= shape[i];
      }
      long rank = shape.length;
      int code = type.code();
      return read(
          "create_tensor_from_blob",
          out -> (int) fromBlob.invokeExact(memory, rank, sizes, strides, 0L, code, 0, 0, out));
    }
  }
}
