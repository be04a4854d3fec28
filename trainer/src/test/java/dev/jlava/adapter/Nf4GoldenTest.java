package dev.jlava.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.jlava.engine.Device;
import dev.jlava.engine.DynamicMap;
import dev.jlava.engine.Engine;
import dev.jlava.engine.GradientSink;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Segment;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// NF4 against bitsandbytes: bytes, scales, values, and a QLoRA layer.
final class Nf4GoldenTest {
  private static final GoldenTensors GOLDEN = Golden.tensors("nf4/golden.safetensors");

  private final Engine engine = Engine.start(new Device.Cpu(), 1);
  private final Scope scope = new Scope();
  private final Nf4Codec codec =
      new Nf4Codec(
          engine, scope, new Workspace(engine, scope, ScalarType.F32), new Slabs(engine, scope));

  @AfterEach
  void close() {
    scope.close();
    engine.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "linear",
        "ragged",
        "short",
        "zero_block",
        "outliers",
        "exact_levels",
        "midpoints",
        "many_blocks",
        "tiny_values"
      })
  void everyByteAndValueIsThatOfBitsandbytes(String name) {
    Nf4Weight single = quantised(name, false, ScalarType.F32);
    assertThat(bytes(single.packed())).isEqualTo(GOLDEN.uint8(name + ".single.weight"));
    Nf4Weight.Scales.Plain plain = (Nf4Weight.Scales.Plain) single.scales();
    assertThat(plain.absmax().floats()).isEqualTo(GOLDEN.floats(name + ".single.weight.absmax"));
    assertThat(values(single)).isEqualTo(GOLDEN.floats(name + ".single.dequantised"));

    Nf4Weight nested = quantised(name, true, ScalarType.F32);
    Nf4Weight.Scales.Nested scales = (Nf4Weight.Scales.Nested) nested.scales();
    assertThat(bytes(nested.packed())).isEqualTo(GOLDEN.uint8(name + ".double.weight"));
    assertThat(bytes(scales.codes())).isEqualTo(GOLDEN.uint8(name + ".double.weight.absmax"));
    assertThat(scales.absmax().floats())
        .isEqualTo(GOLDEN.floats(name + ".double.weight.nested_absmax"));
    assertThat(values(nested)).isEqualTo(GOLDEN.floats(name + ".double.dequantised"));
  }

  @Test
  void tablesAreThoseOfBitsandbytes() {
    assertThat(DynamicMap.levels(true)).isEqualTo(GOLDEN.floats("dynamic_code_8bit"));
    assertThat(Nf4Codec.levels()).isEqualTo(GOLDEN.floats("nf4_code"));
  }

  /// The largest value of each level, and the next float: the level above.
  @Test
  void levelsEndWhereBitsandbytesEndsThem() {
    float[] last = GOLDEN.floats("nf4_last_of_lower_level");
    float[] values = new float[64];
    for (int i = 0; i < last.length; i++) {
      values[2 * i] = last[i];
      values[2 * i + 1] = Math.nextUp(last[i]);
    }
    values[63] = 1;
    Tensor w = engine.tensor(scope, values, 1, 64);
    byte[] found = bytes(codec.quantise(pieces(w), false).packed());
    for (int i = 0; i < last.length; i++) {
      assertThat(found[i]).as("level %d", i).isEqualTo((byte) (i << 4 | i + 1));
    }
  }

  /// bf16 and fp16 values are quantised as the fp32 values they are; results round once.
  @Test
  void otherTypesGoThroughFp32() {
    Ops ops = engine.ops(scope);
    Tensor bf16 = ops.toType(source("many_blocks"), ScalarType.BF16);
    Tensor same = ops.toType(bf16, ScalarType.F32);
    Nf4Weight found = codec.quantise(pieces(bf16), true);
    Nf4Weight expected = codec.quantise(pieces(same), true);
    assertThat(bytes(found.packed())).isEqualTo(bytes(expected.packed()));
    Nf4Codec half =
        new Nf4Codec(
            engine, scope, new Workspace(engine, scope, ScalarType.BF16), new Slabs(engine, scope));
    Nf4Weight rounded = half.quantise(pieces(same), true);
    float[] values = engine.tensor(scope, values(expected), 96, 256).floats();
    Tensor once = ops.toType(engine.tensor(scope, values, 96, 256), ScalarType.BF16);
    float[] found16 = rounded.read(ops, w -> ops.toType(w, ScalarType.F32).floats());
    assertThat(found16).isEqualTo(ops.toType(once, ScalarType.F32).floats());
  }

  @Test
  void rowsOfEightBitsLieWithinHalfAStep() {
    Tensor w = source("zero_block");
    Int8Weight weight =
        Int8Weight.quantise(
            pieces(w), new Workspace(engine, scope, ScalarType.F32), new Slabs(engine, scope));
    float[] expected = w.floats();
    float[] found = values(weight);
    for (int row = 0; row < 4; row++) {
      float most = 0;
      for (int i = 0; i < 64; i++) {
        most = Math.max(most, Math.abs(expected[row * 64 + i]));
      }
      for (int i = 0; i < 64; i++) {
        int at = row * 64 + i;
        assertThat(found[at]).isCloseTo(expected[at], within(most / 254 * 1.001f + 1e-12f));
      }
    }
    assertThat(weight.bytes()).isEqualTo(4 * 64 + 4 * 4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"KEEP", "RECOMPUTE"})
  void qloraLayerHasTheReferenceOutputAndGradients(Tape.Activations activations) {
    Parameter a = new Parameter("a", tensor("qlora.A", 4, 64));
    Parameter b = new Parameter("b", tensor("qlora.B", 48, 4));
    a.setTrained(true);
    b.setTrained(true);
    Linear.Quantised base = new Linear.Quantised(quantised("linear", true, ScalarType.F32), null);
    Lora lora = new Lora(base, a, b, 2, Dropout.of(0, 0, "layer"));
    Tensor x = tensor("qlora.x", 10, 64);
    Map<String, float[]> found = new HashMap<>();
    Ops ops = engine.ops(scope);
    GradientSink sink = new Floats(found);
    try (Tape tape = Tape.recording(ops, sink, activations)) {
      tape.link((_, gradient) -> {
        found.put("x", gradient.floats());
        return null;
      });
      Tensor y = tape.run(new OneLayer(lora), x);
      near(y.floats(), GOLDEN.floats("qlora.y"));
      tape.backward(tensor("qlora.grad_y", 10, 48));
    }
    near(Objects.requireNonNull(found.get("x")), GOLDEN.floats("qlora.grad_x"));
    near(Objects.requireNonNull(found.get("a")), GOLDEN.floats("qlora.grad_A"));
    near(Objects.requireNonNull(found.get("b")), GOLDEN.floats("qlora.grad_B"));
  }

  @Test
  void aSecondWeightIsNotReadWhileOneIsInUse() {
    Nf4Weight weight = quantised("linear", true, ScalarType.F32);
    Ops ops = engine.ops(scope);
    assertThatThrownBy(() -> weight.read(ops, _ -> weight.read(ops, w -> w.shape())))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a second quantised weight is read while one is in use");
    assertThat(values(weight)).isEqualTo(GOLDEN.floats("linear.double.dequantised"));
  }

  private record OneLayer(Linear layer) implements Segment {
    @Override
    public Tensor forward(Ops ops, Weights weights, Tensor x) {
      return layer.forward(ops, weights, x);
    }

    @Override
    public List<Parameter> parameters() {
      return layer.parameters();
    }
  }

  private static void near(float[] found, float[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i])
          .as("element %d", i)
          .isCloseTo(expected[i], within(2e-5f + 1e-4f * Math.abs(expected[i])));
    }
  }

  private Nf4Weight quantised(String name, boolean nested, ScalarType type) {
    return codec.quantise(pieces(engine.ops(scope).toType(source(name), type)), nested);
  }

  private Tensor source(String name) {
    return tensor(name + ".source", GOLDEN.shape(name + ".source"));
  }

  private Tensor tensor(String name, long... shape) {
    return engine.tensor(scope, GOLDEN.floats(name), shape);
  }

  /// A weight in pieces of 128 rows at most.
  private WeightPieces pieces(Tensor w) {
    return new WeightPieces(
        "w",
        w.shape(),
        sink -> {
          for (long row = 0; row < w.size(0); row += WeightPieces.ROWS) {
            Ops ops = engine.ops(scope);
            sink.accept(ops, ops.narrow(w, 0, row, Math.min(WeightPieces.ROWS, w.size(0) - row)));
          }
        });
  }

  private float[] values(QuantisedWeight weight) {
    return weight.read(engine.ops(scope), Tensor::floats);
  }

  private static byte[] bytes(Tensor tensor) {
    return tensor.data().toArray(ValueLayout.JAVA_BYTE);
  }
}
