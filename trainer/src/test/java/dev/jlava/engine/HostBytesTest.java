package dev.jlava.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Elements on their way between libtorch and the host's memory.
final class HostBytesTest {
  @Test
  void aContiguousCpuTensorLendsItsOwnMemory() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope();
        Arena arena = Arena.ofConfined()) {
      Tensor x = engine.tensor(scope, new float[] {1, 2}, 2);
      assertThat(x.bytes(arena).address()).isEqualTo(x.address());
    }
  }

  @Test
  void anyOtherIsCopiedRowByRow() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1)) {
      assertColumnsAreRead(engine);
    }
  }

  @Tag("gpu")
  @Test
  void aGpusTensorsAreReadAndWritten() {
    try (Engine engine = Engine.start(new Device.Cuda(0), 1)) {
      assertColumnsAreRead(engine);
      assertWrites(engine);
    }
  }

  private static void assertColumnsAreRead(Engine engine) {
    try (Scope scope = new Scope();
        Arena arena = Arena.ofConfined()) {
      Ops ops = engine.ops(scope);
      Tensor x = engine.tensor(scope, new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
      Tensor columns = ops.narrow(x, 1, 1, 2);
      long live = engine.liveTensors();
      assertThat(columns.floats()).containsExactly(2, 3, 5, 6);
      Tensor bf16 = ops.narrow(ops.toType(x, ScalarType.BF16), 1, 1, 2);
      assertThat(bf16.bytes(arena).toArray(ValueLayout.JAVA_SHORT_UNALIGNED))
          .containsExactly(0x4000, 0x4040, 0x40a0, 0x40c0);
      assertThat(engine.liveTensors()).isEqualTo(live + 2);
    }
  }

  @Test
  void elementsAreReplacedInTheirDtype() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1)) {
      assertWrites(engine);
    }
  }

  private static void assertWrites(Engine engine) {
    try (Scope scope = new Scope()) {
      Ops ops = engine.ops(scope);
      Tensor x = engine.tensor(scope, new float[] {1, 2}, 2);
      x.write(MemorySegment.ofArray(new float[] {3, 4}));
      assertThat(x.floats()).containsExactly(3, 4);
      Tensor bf16 = ops.toType(x, ScalarType.BF16);
      bf16.write(MemorySegment.ofArray(new short[] {0x40a0, 0x40c0}));
      assertThat(ops.toType(bf16, ScalarType.F32).floats()).containsExactly(5, 6);
      assertThatThrownBy(() -> bf16.write(MemorySegment.ofArray(new float[] {3, 4})))
          .hasMessage("8 bytes for a tensor of 4");
    }
  }

  @Test
  void toTheDeviceIsACopy() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      Tensor x = engine.tensor(scope, new float[] {1, 2}, 2);
      Tensor copy = engine.ops(scope).toDevice(x);
      assertThat(copy.address()).isNotEqualTo(x.address());
      assertThat(copy.floats()).containsExactly(1, 2);
    }
  }
}
