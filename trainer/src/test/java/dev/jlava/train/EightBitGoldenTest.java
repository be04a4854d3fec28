package dev.jlava.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.engine.Device;
import dev.jlava.engine.DynamicMap;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

/// AdamW with 8-bit moments against bitsandbytes: its levels, and every step's codes, scales and
/// weights.
final class EightBitGoldenTest {
  private final GoldenTensors golden = Golden.tensors("optim8/golden.safetensors");
  private final JsonNode constants = Golden.json("optim8/optim8.json");

  /// To the last bit or the one before: `torch.linspace` rounds by the processor's vector length.
  @Test
  void theLevelsAreBitsandbytes() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      for (String map : List.of("signed", "unsigned")) {
        DynamicMap found =
            map.equals("signed")
                ? DynamicMap.signed(engine, scope)
                : DynamicMap.unsigned(engine, scope);
        assertThat(found.levels().floats())
            .usingComparatorWithPrecision(1e-7f)
            .containsExactly(golden.floats(map));
      }
    }
  }

  @Test
  void codesScalesAndWeightsAreBitsandbytes() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      Parameter parameter = parameter(engine, scope, "layer.weight", golden.floats("init"));
      try (Optimizer optimizer = optimizer(engine, parameter, constants.get("lr").asDouble())) {
        BitSet zeros = new BitSet();
        int steps = constants.get("steps").asInt();
        for (int t = 0; t < steps; t++) {
          float[] gradient = golden.floats("grad." + t);
          optimizer.next(1, 1).update(List.of(engine.tensor(scope, gradient, 57, 73)));
          assertClose("weight." + t, parameter.value().floats(), zeros);
          for (String moment : List.of("exp_avg", "exp_avg_sq")) {
            byte[] codes = state(optimizer, moment, parameter).unsignedBytes();
            assertCodes(moment + "." + t, codes, zeros);
            float[] scales = state(optimizer, moment + "_absmax", parameter).floats();
            assertClose(moment + "_absmax." + t, scales, new BitSet());
          }
          assertNoZeros(t, state(optimizer, "exp_avg_sq", parameter).unsignedBytes(), zeros);
        }
        assertThat(optimizer.steps()).isEqualTo(steps).isEqualTo(4);
        assertThat(zeros.cardinality()).isBetween(1, 600);
      }
    }
  }

  private static Tensor state(Optimizer optimizer, String moment, Parameter parameter) {
    return Objects.requireNonNull(optimizer.state().get(moment + "." + parameter.name()));
  }

  /// Where bitsandbytes rounds a second moment to zero, ours has the smallest level, and the ways
  /// part.
  private void assertNoZeros(int t, byte[] codes, BitSet zeros) {
    byte[] expected = golden.uint8("exp_avg_sq." + t);
    float[] first = golden.floats("grad.0");
    for (int i = 0; i < codes.length; i++) {
      if (expected[i] == 0) {
        zeros.set(i);
      }
      assertThat(codes[i] == 0).as("zero at " + i).isEqualTo(expected[i] == 0 && first[i] == 0);
    }
  }

  private void assertClose(String name, float[] found, BitSet but) {
    float[] expected = golden.floats(name);
    assertThat(found).hasSameSizeAs(expected);
    for (int i = but.nextClearBit(0); i < expected.length; i = but.nextClearBit(i + 1)) {
      assertThat(found[i])
          .as(name + "[" + i + "]")
          .isCloseTo(expected[i], within(2e-6f * Math.max(1e-5f, Math.abs(expected[i]))));
    }
  }

  private void assertCodes(String name, byte[] found, BitSet zeros) {
    byte[] expected = golden.uint8(name);
    assertThat(found).hasSameSizeAs(expected);
    int apart = 0;
    for (int i = 0; i < expected.length; i++) {
      int difference = Math.abs(Byte.toUnsignedInt(found[i]) - Byte.toUnsignedInt(expected[i]));
      assertThat(difference).as(name + "[" + i + "]").isLessThanOrEqualTo(1);
      apart += expected[i] == 0 || zeros.get(i) ? 0 : difference;
    }
    assertThat(apart).as(name).isLessThan(4);
  }

  /// More than the million elements that are in fp32 at a time, and a part of a block.
  @Test
  void aLargeTensorIsUpdatedAsItsPartsAre() {
    int chunk = 1 << 20;
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(3);
    float[] all = new float[chunk + 5000];
    float[] gradient = new float[all.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = (float) random.nextGaussian();
      gradient[i] = (float) random.nextGaussian();
    }
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      float[] whole = updated(engine, scope, all, gradient);
      float[] first =
          updated(engine, scope, Arrays.copyOf(all, chunk), Arrays.copyOf(gradient, chunk));
      float[] rest =
          updated(
              engine,
              scope,
              Arrays.copyOfRange(all, chunk, all.length),
              Arrays.copyOfRange(gradient, chunk, all.length));
      assertThat(Arrays.copyOf(whole, chunk)).isEqualTo(first);
      assertThat(Arrays.copyOfRange(whole, chunk, whole.length)).isEqualTo(rest);
    }
  }

  /// Weights after two steps, whose second reads the codes of the first.
  private float[] updated(Engine engine, Scope scope, float[] weights, float[] gradient) {
    Parameter parameter = parameter(engine, scope, "layer.weight", weights);
    try (Optimizer optimizer = optimizer(engine, parameter, 1e-2)) {
      for (int step = 0; step < 2; step++) {
        optimizer.next(1, 1).update(List.of(engine.tensor(scope, gradient, gradient.length)));
      }
      return parameter.value().floats();
    }
  }

  @Test
  void smallTensorsAndEmbeddingsKeepFp32() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      for (String name : List.of("norm.weight", "model.embed_tokens.weight")) {
        Parameter kept =
            parameter(engine, scope, name, new float[name.startsWith("n") ? 4095 : 8192]);
        try (Optimizer optimizer = optimizer(engine, kept, 1)) {
          assertThat(optimizer.moments(kept)).isInstanceOf(Moments.Fp32.class);
        }
      }
      Parameter least = parameter(engine, scope, "layer.weight", new float[4096]);
      try (Optimizer optimizer = optimizer(engine, least, 1)) {
        assertThat(optimizer.moments(least)).isInstanceOf(Moments.EightBit.class);
      }
    }
  }

  private static Parameter parameter(Engine engine, Scope scope, String name, float[] values) {
    long[] shape = values.length == 57 * 73 ? new long[] {57, 73} : new long[] {values.length};
    return new Parameter(name, engine.tensor(scope, values, shape));
  }

  private Optimizer optimizer(Engine engine, Parameter parameter, double lr) {
    JsonNode betas = constants.get("betas");
    Optimizer.Settings settings =
        new Optimizer.Settings(
            betas.get(0).asDouble(),
            betas.get(1).asDouble(),
            constants.get("eps").asDouble(),
            Moments.Precision.EIGHT_BIT,
            false);
    double decay = constants.get("weight_decay").asDouble();
    return new Optimizer(
        engine, settings, List.of(new Optimizer.Group("decoder", lr, decay, List.of(parameter))));
  }
}
