package dev.jlava.engine;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/// libtorch, ready to compute: DJL's PyTorch engine with the operators of `ops.py` loaded into it.
/// One per process.
public final class Engine implements AutoCloseable {
  private final Device device;
  private final PtNDManager manager;
  private final PtSymbolBlock block;
  private final ScriptMethods methods;
  private final TensorMemory memory;
  private final boolean emulatesBf16;
  private final long upcastRows;
  private final boolean intel;
  private final AtomicLong live = new AtomicLong();

  private Engine(Device device, Processor processor, PtNDManager manager, PtSymbolBlock block) {
    this.device = device;
    this.manager = manager;
    this.block = block;
    this.methods = new ScriptMethods(block);
    this.memory = new TensorMemory();
    boolean cpu = device instanceof Device.Cpu;
    this.emulatesBf16 = cpu && !processor.hasFastBf16();
    this.upcastRows = processor.bf16() ? 64 : 1;
    this.intel = cpu && processor.intel();
  }

  /// Starts libtorch with a number of threads for one operator; 0 leaves libtorch's own choice.
  ///
  /// @throws DeviceException where libtorch cannot compute on the device
  public static Engine start(Device device, int threads) {
    return start(device, threads, Processor.read());
  }

  static Engine start(Device device, int threads, Processor processor) {
    PtNDManager manager = (PtNDManager) NDManager.newBaseManager(ai.djl.Device.cpu(), "PyTorch");
    if (threads > 0) {
      JniUtils.setNumThreads(threads);
    }
    // The profiling executor specialises again for every new shape, which costs more than it gains.
    JniUtils.setGraphExecutorOptimize(false);
    try (InputStream source = Engine.class.getResourceAsStream("ops.py")) {
      byte[] text = Objects.requireNonNull(source, "ops.py").readAllBytes();
      byte[] archive = ScriptArchive.of(new String(text, StandardCharsets.UTF_8));
      PtSymbolBlock block =
          JniUtils.loadModule(manager, new ByteArrayInputStream(archive), false, false);
      Engine engine = new Engine(device, processor, manager, block);
      if (device instanceof Device.Cuda) {
        engine.tryOut();
      }
      return engine;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void tryOut() {
    try (Scope scope = new Scope()) {
      tensor(scope, new float[] {1}, 1).item();
    } catch (RuntimeException e) {
      close();
      throw new DeviceException(
          device
              + ": libtorch cannot compute there ("
              + String.valueOf(e.getMessage()).lines().findFirst().orElse("")
              + "); compare with what nvidia-smi lists, or ask for the device cpu",
          e);
    }
  }

  public Device device() {
    return device;
  }

  /// Operators whose results belong to a scope.
  public Ops ops(Scope scope) {
    return new Ops(this, scope);
  }

  /// Whether bf16 products are computed in fp32, because the CPU multiplies bf16 no faster.
  public boolean emulatesBf16() {
    return emulatesBf16;
  }

  /// Whether a product of so many rows is computed in fp32, because bf16 is emulated: few rows are
  /// about the weight's bytes, of which bf16 has half, if there are instructions for it.
  boolean upcasts(ScalarType type, long rows) {
    return emulatesBf16 && type == ScalarType.BF16 && rows >= upcastRows;
  }

  /// Whether MKL's product of a matrix and a vector in fp32 reads memory faster than oneDNN's.
  boolean multipliesVectorsByMkl() {
    return intel;
  }

  /// The dtype in which matrices of a dtype are multiplied.
  public ScalarType productType(ScalarType type) {
    return emulatesBf16 && type == ScalarType.BF16 ? ScalarType.F32 : type;
  }

  /// The dtype in which this machine's CPU multiplies matrices of a dtype.
  public static ScalarType cpuProductType(ScalarType type) {
    return type == ScalarType.BF16 && !Processor.read().hasFastBf16() ? ScalarType.F32 : type;
  }

  /// Floating-point operations a second that square matrix products in a dtype reach here, the
  /// fastest of a few.
  public double measureFlops(ScalarType type) {
    int side = device instanceof Device.Cpu ? 1024 : 4096;
    double fastest = Double.POSITIVE_INFINITY;
    try (Scope scope = new Scope()) {
      Ops ops = ops(scope);
      Tensor x = ops.toType(tensor(scope, new float[side * side], side, side), type);
      for (int i = 0; i < 4; i++) {
        long start = System.nanoTime();
        Tensor y = ops.product(x, x);
        // To read a result is to wait for it.
        ops.toType(ops.narrow(y, 0, 0, 1), ScalarType.F32).floats();
        fastest = Math.min(fastest, (System.nanoTime() - start) / 1e9);
        y.release();
      }
    }
    return 2.0 * side * side * side / fastest;
  }

  /// Threads that one operator uses.
  public int threads() {
    return JniUtils.getNumThreads();
  }

  /// Tensors that have been made and not ended: what a leak test counts.
  public long liveTensors() {
    return live.get();
  }

  /// Whether this thread's operations are recorded for gradients.
  void gradMode(boolean on) {
    JniUtils.setGradMode(on);
  }

  /// A copy of the elements as a F32 tensor on the device.
  public Tensor tensor(Scope scope, float[] elements, long... shape) {
    return copied(scope, MemorySegment.ofArray(elements), ScalarType.F32, shape);
  }

  /// A copy of the elements as an I64 tensor on the device.
  public Tensor tensor(Scope scope, long[] elements, long... shape) {
    return copied(scope, MemorySegment.ofArray(elements), ScalarType.I64, shape);
  }

  /// A copy of bytes as a one-dimensional U8 tensor on the device.
  public Tensor bytes(Scope scope, byte[] elements) {
    return copied(scope, MemorySegment.ofArray(elements), ScalarType.U8, elements.length);
  }

  /// Gives the bytes in a dtype of a tensor that is computed when its turn comes.
  public Function<Arena, MemorySegment> later(ScalarType type, Function<Ops, Tensor> compute) {
    return arena -> {
      try (Scope temporary = new Scope()) {
        Ops ops = ops(temporary);
        MemorySegment found = ops.toType(compute.apply(ops), type).bytes(arena);
        return arena.allocate(found.byteSize(), Long.BYTES).copyFrom(found);
      }
    };
  }

  /// A copy of ids or rows, widened to I64, as a one-dimensional tensor on the device.
  public Tensor indices(Scope scope, int[] elements) {
    long[] wide = new long[elements.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = elements[i];
    }
    return tensor(scope, wide, wide.length);
  }

  /// A tensor of its own on the device with the bytes of a segment, such as a mapped file's.
  public Tensor copied(Scope scope, MemorySegment bytes, ScalarType type, long... shape) {
    requireSize(bytes, type, shape);
    return inNativeMemory(bytes, foreign -> clone(scope, foreign, type, shape));
  }

  /// Runs a call on bytes that libtorch can read: those given, or a copy of an array's.
  private static <T> T inNativeMemory(MemorySegment bytes, Function<MemorySegment, T> call) {
    if (bytes.isNative()) {
      return call.apply(bytes);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment foreign = arena.allocate(Math.max(8, bytes.byteSize()), 64);
      MemorySegment.copy(
          bytes, ValueLayout.JAVA_BYTE, 0, foreign, ValueLayout.JAVA_BYTE, 0, bytes.byteSize());
      return call.apply(foreign);
    }
  }

  private Tensor clone(Scope scope, MemorySegment bytes, ScalarType type, long[] shape) {
    try (Scope temporary = new Scope()) {
      return ops(scope).toDevice(mapped(temporary, bytes, type, shape));
    }
  }

  /// A CPU tensor over foreign memory, in place; the memory must outlive the tensor.
  public Tensor mapped(Scope scope, MemorySegment bytes, ScalarType type, long... shape) {
    return adopt(scope, memory.over(bytes, type, shape));
  }

  /// A copy of a tensor's bytes in the host's memory.
  MemorySegment hostCopy(Tensor tensor, Arena arena) {
    long[] shape = tensor.shape();
    MemorySegment copy = arena.allocate(Math.max(8, size(tensor.type(), shape)), 64);
    copy = copy.asSlice(0, size(tensor.type(), shape));
    try (Scope temporary = new Scope()) {
      Tensor target = mapped(temporary, copy, tensor.type(), shape);
      ops(temporary).copyInto(target, tensor);
    }
    return copy;
  }

  /// Replaces a tensor's elements by elements of a dtype in the host's memory.
  public void fill(Tensor tensor, MemorySegment bytes, ScalarType type) {
    requireSize(bytes, type, tensor.shape());
    inNativeMemory(
        bytes,
        foreign -> {
          try (Scope temporary = new Scope()) {
            Ops ops = ops(temporary);
            ops.copyInto(tensor, mapped(temporary, foreign, type, tensor.shape()));
            return tensor;
          }
        });
  }

  private static void requireSize(MemorySegment bytes, ScalarType type, long[] shape) {
    if (bytes.byteSize() != size(type, shape)) {
      throw new IllegalStateException(
          bytes.byteSize() + " bytes for a tensor of " + size(type, shape));
    }
  }

  private static long size(ScalarType type, long[] shape) {
    long bytes = type.bytes();
    for (long size : shape) {
      bytes *= size;
    }
    return bytes;
  }

  Tensor adopt(Scope scope, long handle) {
    return new Tensor(this, new PtNDArray(manager, handle), scope);
  }

  PtNDManager manager() {
    return manager;
  }

  ScriptMethods methods() {
    return methods;
  }

  TensorMemory memory() {
    return memory;
  }

  void opened() {
    live.incrementAndGet();
  }

  void closed() {
    live.decrementAndGet();
  }

  @Override
  public void close() {
    block.close();
    manager.close();
  }
}
