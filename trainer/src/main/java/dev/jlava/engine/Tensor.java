package dev.jlava.engine;

import ai.djl.pytorch.engine.PtNDArray;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.Function;

/// A libtorch tensor of a [Scope]. Any dtype that libtorch has, bfloat16 included; its bytes are
/// reached through its address, never through DJL's own dtype table.
public final class Tensor {
  private final Engine engine;
  private final PtNDArray array;
  private Scope scope;

  Tensor(Engine engine, PtNDArray array, Scope scope) {
    this.engine = engine;
    this.array = array;
    this.scope = scope;
    scope.own(this);
    engine.opened();
  }

  PtNDArray array() {
    return array;
  }

  long handle() {
    return array.getHandle();
  }

  /// Sizes of the dimensions.
  public long[] shape() {
    return engine.memory().shape(handle());
  }

  /// Size of one dimension.
  public long size(int dimension) {
    return shape()[dimension];
  }

  public long numElements() {
    return Arrays.stream(shape()).reduce(1, (a, b) -> a * b);
  }

  public ScalarType type() {
    return engine.memory().type(handle());
  }

  /// The tensor's own bytes; contiguous CPU tensors only. Valid while the tensor lives; writes are
  /// seen by libtorch.
  public MemorySegment data() {
    return engine.memory().data(handle());
  }

  /// The elements' bytes in row-major order, to be read: the tensor's own where it is contiguous on
  /// the CPU, else a copy that ends with the arena.
  public MemorySegment bytes(Arena arena) {
    return engine.memory().isReadable(handle()) ? data() : engine.hostCopy(this, arena);
  }

  /// Gives the elements' bytes in a dtype, to be read until the arena ends.
  public Function<Arena, MemorySegment> bytesAs(ScalarType wanted) {
    return wanted == type() ? this::bytes : arena -> converted(arena, wanted);
  }

  private MemorySegment converted(Arena arena, ScalarType wanted) {
    try (Scope temporary = new Scope()) {
      MemorySegment found = engine.ops(temporary).toType(this, wanted).bytes(arena);
      return arena.allocate(found.byteSize(), Long.BYTES).copyFrom(found);
    }
  }

  /// Replaces the elements by the bytes of others of the same dtype, in row-major order.
  public void write(MemorySegment bytes) {
    engine.fill(this, bytes, type());
  }

  /// Where the elements start in the memory of their device: equal for tensors that share it.
  public long address() {
    return engine.memory().address(handle());
  }

  /// A copy of the elements; F32 only.
  public float[] floats() {
    require(ScalarType.F32);
    try (Arena arena = Arena.ofConfined()) {
      return bytes(arena).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }
  }

  /// A copy of the elements; I64 only.
  public long[] longs() {
    require(ScalarType.I64);
    try (Arena arena = Arena.ofConfined()) {
      return bytes(arena).toArray(ValueLayout.JAVA_LONG_UNALIGNED);
    }
  }

  /// A copy of the elements; U8 only.
  public byte[] unsignedBytes() {
    require(ScalarType.U8);
    try (Arena arena = Arena.ofConfined()) {
      return bytes(arena).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  /// The one element of a F32 tensor.
  public float item() {
    float[] all = floats();
    if (all.length != 1) {
      throw new IllegalStateException("item() of a tensor of shape " + Arrays.toString(shape()));
    }
    return all[0];
  }

  private void require(ScalarType expected) {
    if (type() != expected) {
      throw new IllegalStateException("tensor is " + type() + ", read as " + expected);
    }
  }

  void moveTo(Scope target) {
    scope.forget(this);
    scope = target;
    target.own(this);
  }

  /// Ends this tensor now rather than with its scope.
  public void release() {
    scope.release(this);
  }

  void close() {
    array.close();
    engine.closed();
  }

  @Override
  public String toString() {
    return type() + Arrays.toString(shape());
  }
}
