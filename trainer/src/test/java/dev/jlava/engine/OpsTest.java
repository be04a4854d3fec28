package dev.jlava.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  /// Rows of one token and of a prompt go different ways.
  @ParameterizedTest
  @CsvSource({"F32, 1, 1e-5", "F32, 40, 1e-5", "BF16, 1, 0.04", "BF16, 40, 0.04"})
  void productsAreWhatLinearIs(ScalarType type, int rows, float tolerance) {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      Ops ops = engine.ops(scope);
      Random random = new Random(1);
      Tensor x = ops.toType(drawn(engine, scope, random, rows, 24), type);
      Tensor w = ops.toType(drawn(engine, scope, random, 7, 24), type);
      Tensor b = ops.toType(drawn(engine, scope, random, 7), type);
      near(ops, ops.product(x, w), ops.linear(x, w), tolerance);
      near(ops, ops.product(x, w, b), ops.linear(x, w, b), tolerance);
      Tensor g = ops.product(x, w);
      assertThat(g.type()).isEqualTo(type);
      Tensor wide = ops.productBack(g, w);
      float[] gs = ops.toType(g, ScalarType.F32).floats();
      float[] ws = ops.toType(w, ScalarType.F32).floats();
      double expected = 0;
      for (int out = 0; out < 7; out++) {
        expected += (double) gs[out] * ws[24 * out + 3];
      }
      assertThat((double) ops.toType(wide, ScalarType.F32).floats()[3])
          .isCloseTo(expected, within(20.0 * tolerance));
    }
  }

  /// With less than [Engine#upcasts] asks for, with one slice of the weight, and with two.
  @ParameterizedTest
  @CsvSource({"3, 40, 24", "70, 40, 24", "70, 4100, 1100"})
  void bf16ComputedInFp32IsRoundedOnce(int rows, int out, int in) {
    try (Engine engine = Engine.start(new Device.Cpu(), 1, new Processor(true, true, false));
        Scope scope = new Scope()) {
      Ops ops = engine.ops(scope);
      Random random = new Random(6);
      Tensor x = ops.toType(drawn(engine, scope, random, rows, in), ScalarType.BF16);
      Tensor w = ops.toType(drawn(engine, scope, random, out, in), ScalarType.BF16);
      Tensor b = ops.toType(drawn(engine, scope, random, out), ScalarType.BF16);
      Tensor g = ops.toType(drawn(engine, scope, random, rows, out), ScalarType.BF16);
      Tensor x32 = ops.toType(x, ScalarType.F32);
      Tensor w32 = ops.toType(w, ScalarType.F32);
      Tensor g32 = ops.toType(g, ScalarType.F32);
      rounded(ops, ops.product(x, w), ops.product(x32, w32));
      rounded(ops, ops.product(x, w, b), ops.product(x32, w32, ops.toType(b, ScalarType.F32)));
      rounded(ops, ops.productBack(g, w), ops.productBack(g32, w32));
      rounded(ops, ops.productWeight(g, x), ops.productWeight(g32, x32));
    }
  }

  /// Half a unit in the last place of bf16, and what the order of additions makes.
  private static void rounded(Ops ops, Tensor found, Tensor expected) {
    assertThat(found.type()).isEqualTo(ScalarType.BF16);
    assertThat(found.shape()).isEqualTo(expected.shape());
    float[] all = ops.toType(found, ScalarType.F32).floats();
    float[] exact = expected.floats();
    int wrong = 0;
    for (int i = 0; i < all.length; i++) {
      wrong += Math.abs(all[i] - exact[i]) > Math.abs(exact[i]) / 256 + 1e-3f ? 1 : 0;
    }
    assertThat(wrong).isZero();
  }

  /// A prompt longer than a block of queries, behind positions that are cached already.
  @ParameterizedTest
  @CsvSource({"300, 0, 6, 2", "300, 70, 6, 2", "300, 70, 2, 2", "128, 5, 6, 1"})
  void aLongPromptAttendsInBlocksAsItDoesAtOnce(int length, int past, int heads, int groups) {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      Ops ops = engine.ops(scope);
      Random random = new Random(2);
      int all = past + length;
      Tensor q = drawn(engine, scope, random, all, heads, 8);
      Tensor k = drawn(engine, scope, random, all, groups, 8);
      Tensor v = drawn(engine, scope, random, all, groups, 8);
      Tensor expected = ops.attention(q, k, v, new long[] {all}, Integer.MAX_VALUE);
      Tensor keys = ops.copy(k);
      Tensor values = ops.copy(v);
      Tensor found =
          ops.cachedAttention(
              ops.narrow(q, 0, past, length),
              ops.narrow(k, 0, past, length),
              ops.narrow(v, 0, past, length),
              new Ops.Cached(List.of(keys), List.of(values), new long[] {past}, Integer.MAX_VALUE),
              new long[] {length});
      near(ops, found, ops.narrow(expected, 0, past, length), 1e-5f);
    }
  }

  /// Sequences of less and of more than a block of queries, with and without a window.
  @ParameterizedTest
  @CsvSource({"6, 2, 1000", "6, 2, 70", "4, 4, 1000", "6, 1, 200"})
  void packedAttentionAndItsGradientsAreAutograds(int heads, int groups, long window) {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      Ops ops = engine.ops(scope);
      Random random = new Random(4);
      long[] lengths = {5, 300, 128, 1};
      int all = 434;
      Tensor q = drawn(engine, scope, random, all, heads, 8);
      Tensor k = drawn(engine, scope, random, all, groups, 8);
      Tensor v = drawn(engine, scope, random, all, groups, 8);
      Tensor g = drawn(engine, scope, random, all, 8L * heads);
      float[] cosines = new float[all * 4];
      float[] sines = new float[all * 4];
      for (int i = 0; i < cosines.length; i++) {
        double angle = random.nextDouble(2 * Math.PI);
        cosines[i] = (float) Math.cos(angle);
        sines[i] = (float) Math.sin(angle);
      }
      Tensor cos = engine.tensor(scope, cosines, all, 1, 4);
      Tensor sin = engine.tensor(scope, sines, all, 1, 4);
      Ops.Packed packed = new Ops.Packed(cos, sin, lengths, window);
      engine.gradMode(true);
      List<Tensor> leaves = List.of(ops.leaf(q), ops.leaf(k), ops.leaf(v));
      Tensor turnedQ = ops.rotary(leaves.get(0), cos, sin);
      Tensor turnedK = ops.rotary(leaves.get(1), cos, sin);
      Tensor expected = ops.attention(turnedQ, turnedK, leaves.get(2), lengths, window);
      List<Tensor> gradients = ops.vjp(expected, leaves, g);
      engine.gradMode(false);
      near(ops, ops.packedAttention(q, k, v, packed), ops.detach(expected), 1e-5f);
      List<Tensor> found = ops.packedAttentionBack(q, k, v, packed, g);
      for (int i = 0; i < 3; i++) {
        near(ops, found.get(i), gradients.get(i), 2e-5f);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"F32, 1e-6", "BF16, 0.03"})
  void theNormsGradientsAreAutograds(ScalarType type, float tolerance) {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      Ops ops = engine.ops(scope);
      Random random = new Random(5);
      Tensor x = ops.toType(drawn(engine, scope, random, 7, 24), type);
      Tensor w = ops.toType(drawn(engine, scope, random, 24), type);
      Tensor g = ops.toType(drawn(engine, scope, random, 7, 24), type);
      engine.gradMode(true);
      List<Tensor> leaves = List.of(ops.leaf(x), ops.leaf(w));
      List<Tensor> gradients = ops.vjp(ops.rmsNorm(leaves.get(0), leaves.get(1), 1e-5), leaves, g);
      engine.gradMode(false);
      near(ops, ops.rmsNormBack(g, x, w, 1e-5), gradients.get(0), tolerance);
      near(ops, ops.rmsNormWeight(g, x, 1e-5), gradients.get(1), tolerance);
    }
  }

  /// More rows than the head's gradient is added to at a time.
  @Test
  void theGradientOfALargeHeadIsWhole() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      Ops ops = engine.ops(scope);
      int vocabulary = 9000;
      float[] values = {0.5f, -1, 2};
      Tensor h = engine.tensor(scope, values, 1, 3);
      Tensor w = drawn(engine, scope, new Random(3), vocabulary, 3);
      Tensor dw = ops.zerosLike(w, ScalarType.F32);
      ops.crossEntropy(h, w, engine.indices(scope, new int[] {8999}), 1, List.of(dw));
      float[] logits = ops.linear(h, w).floats();
      double sum = 0;
      for (float logit : logits) {
        sum += Math.exp(logit);
      }
      float[] found = dw.floats();
      for (int row = 0; row < vocabulary; row++) {
        double share = Math.exp(logits[row]) / sum - (row == 8999 ? 1 : 0);
        for (int i = 0; i < 3; i++) {
          assertThat((double) found[3 * row + i]).isCloseTo(share * values[i], within(1e-6));
        }
      }
    }
  }

  private static void near(Ops ops, Tensor found, Tensor expected, float tolerance) {
    assertThat(found.shape()).isEqualTo(expected.shape());
    float[] difference = ops.contiguousFp32(ops.subtract(found, expected)).floats();
    double largest = 0;
    for (float d : difference) {
      largest = Float.isNaN(d) ? Double.NaN : Math.max(largest, Math.abs(d));
    }
    assertThat(largest).as("largest difference").isLessThanOrEqualTo(tolerance);
  }

  private static Tensor drawn(Engine engine, Scope scope, Random random, long... shape) {
    int count = Math.toIntExact(LongStream.of(shape).reduce(1, (a, b) -> a * b));
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return engine.tensor(scope, values, shape);
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
