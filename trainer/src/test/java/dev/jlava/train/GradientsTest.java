package dev.jlava.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

final class GradientsTest {
  @Test
  void parametersWhoseFirstGradientIsOneTensorAreSummedApart() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope();
        Gradients gradients = new Gradients()) {
      Ops ops = engine.ops(scope);
      Parameter a = new Parameter("a", engine.tensor(scope, new float[] {0, 0}, 2));
      Parameter b = new Parameter("b", engine.tensor(scope, new float[] {0, 0}, 2));
      Tensor shared = engine.tensor(scope, new float[] {1, 2}, 2);
      gradients.accept(ops, a, ops.detach(shared));
      gradients.accept(ops, b, ops.detach(shared));
      gradients.accept(ops, a, engine.tensor(scope, new float[] {10, 20}, 2));
      List<Tensor> sums = gradients.of(ops, List.of(a, b));
      assertThat(sums.getFirst().floats()).containsExactly(11, 22);
      assertThat(sums.getLast().floats()).containsExactly(1, 2);
    }
  }

  @Test
  void gradientsOfAnyDtypeAndLayoutBecomeFp32InOrder() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope();
        Gradients gradients = new Gradients()) {
      Ops ops = engine.ops(scope);
      Parameter a = new Parameter("a", engine.tensor(scope, new float[4], 2, 2));
      Parameter b = new Parameter("b", engine.tensor(scope, new float[4], 2, 2));
      Tensor g = engine.tensor(scope, new float[] {9, 1, 2, 9, 3, 4}, 2, 3);
      gradients.accept(ops, a, ops.toType(ops.narrow(g, 1, 1, 2), ScalarType.BF16));
      gradients.accept(ops, b, ops.narrow(g, 1, 1, 2));
      for (Tensor sum : gradients.of(ops, List.of(a, b))) {
        assertThat(sum.type()).isEqualTo(ScalarType.F32);
        assertThat(sum.floats()).containsExactly(1, 2, 3, 4);
      }
    }
  }
}
