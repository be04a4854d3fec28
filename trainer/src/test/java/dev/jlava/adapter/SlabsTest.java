package dev.jlava.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Weights lie side by side, and none over another.
final class SlabsTest {
  @Test
  void tensorsOfOneSlabDoNotOverlap() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      Slabs slabs = new Slabs(engine, scope);
      List<Tensor> tensors = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        tensors.add(slabs.empty(ScalarType.F32, 1 + i, 1000));
      }
      tensors.add(slabs.empty(ScalarType.F32, 8 << 20));
      assertThat(tensors.get(1).address() - tensors.get(0).address()).isEqualTo(1024 * 4);
      tensors.sort((a, b) -> Long.compare(a.address(), b.address()));
      for (int i = 1; i < tensors.size(); i++) {
        Tensor before = tensors.get(i - 1);
        assertThat(before.address() + 4 * before.numElements())
            .isLessThanOrEqualTo(tensors.get(i).address());
        assertThat(tensors.get(i).address() % 64).isZero();
      }
      assertThat(slabs.empty(ScalarType.U8, 3).type()).isEqualTo(ScalarType.U8);
    }
  }
}
