package dev.jlava.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

final class OpsTest {
  @Test
  void linearMultipliesByTheTransposedWeight() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      Ops ops = engine.ops(scope);
      Tensor x = engine.tensor(scope, new float[] {1, 2}, 1, 2);
      Tensor w = engine.tensor(scope, new float[] {1, 0, 0, 1, 1, 1}, 3, 2);
      assertThat(ops.linear(x, w).floats()).containsExactly(1, 2, 3);
      Tensor bf = ops.linear(ops.toType(x, ScalarType.BF16), ops.toType(w, ScalarType.BF16));
      assertThat(bf.type()).isEqualTo(ScalarType.BF16);
      assertThat(ops.toType(bf, ScalarType.F32).floats()).containsExactly(1, 2, 3);
    }
  }

  @Test
  void crossEntropyGivesTheGradientThatAutogradGives() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      Ops ops = engine.ops(scope);
      Tensor h = engine.tensor(scope, new float[] {0.5f, -1, 2, 0.1f}, 2, 2);
      Tensor w = engine.tensor(scope, new float[] {1, 0, 0, 1, 1, 1}, 3, 2);
      Tensor targets = engine.indices(scope, new int[] {2, 0});
      Tensor dw = ops.zerosLike(w, ScalarType.F32);
      List<Tensor> result = ops.crossEntropy(h, w, targets, 1.0, List.of(dw));
      // Logits: [0.5, -1, -0.5] -> target 2; [2, 0.1, 2.1] -> target 0.
      double first = Math.log(Math.exp(0.5) + Math.exp(-1) + Math.exp(-0.5)) + 0.5;
      double second = Math.log(Math.exp(2) + Math.exp(0.1) + Math.exp(2.1)) - 2;
      assertThat(result.getFirst().item()).isCloseTo((float) (first + second), within(1e-5f));
      float p0 = (float) (Math.exp(0.5) / (Math.exp(0.5) + Math.exp(-1) + Math.exp(-0.5)));
      float p2 = (float) (Math.exp(-0.5) / (Math.exp(0.5) + Math.exp(-1) + Math.exp(-0.5)));
      assertThat(result.get(1).floats()[0]).isCloseTo(p0 + p2 - 1, within(1e-6f));
      assertThat(dw.floats()[0]).isNotZero();
    }
  }

  @Test
  void handlesEndWithTheirScope() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1)) {
      long before = engine.liveTensors();
      try (Scope scope = new Scope()) {
        Tensor x = engine.tensor(scope, new float[] {1, 2}, 2);
        assertThat(engine.ops(scope).add(x, x).floats()).containsExactly(2, 4);
        assertThat(engine.liveTensors()).isEqualTo(before + 2);
      }
      assertThat(engine.liveTensors()).isEqualTo(before);
    }
  }
}
