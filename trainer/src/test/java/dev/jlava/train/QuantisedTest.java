package dev.jlava.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.jlava.adapter.LoraSettings;
import dev.jlava.adapter.Quantisation;
import dev.jlava.adapter.QuantisedWeight;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Tape;
import dev.jlava.model.ModelException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// A decoder with quantised weights against one whose dense weights have the same values.
final class QuantisedTest {
  static Stream<Arguments> variants() {
    LoraSettings bias =
        new LoraSettings(
            4,
            8,
            0.3,
            AdapterCase.ALL,
            false,
            true,
            LoraSettings.Bias.NONE,
            1,
            List.of("input_layernorm", "post_attention_layernorm"));
    LoraSettings few = LoraSettings.of(4, 8, new dev.jlava.adapter.LoraTargets.Named("v_proj"));
    return Stream.of(
        Arguments.of("lora", AdapterCase.dropping(0, false), Quantisation.NF4_DOUBLE),
        Arguments.of("dropout", AdapterCase.dropping(0.3, false), Quantisation.NF4),
        Arguments.of("dora and norms", bias, Quantisation.NF4_DOUBLE),
        Arguments.of("one layer of seven", few, Quantisation.NF4_DOUBLE),
        Arguments.of("int8", AdapterCase.dropping(0, false), Quantisation.INT8));
  }

  @ParameterizedTest
  @MethodSource("variants")
  void lossAndGradientsAreThoseOfTheDequantisedWeights(
      String name, LoraSettings settings, Quantisation quantisation) {
    for (Tape.Activations activations : Tape.Activations.values()) {
      compare(settings, quantisation, ScalarType.F32, activations, 2e-5);
    }
    compare(settings, quantisation, ScalarType.BF16, Tape.Activations.KEEP, 0.03);
  }

  private static void compare(
      LoraSettings settings,
      Quantisation quantisation,
      ScalarType type,
      Tape.Activations activations,
      double tolerance) {
    try (AdapterCase few = new AdapterCase(type, quantisation);
        AdapterCase dense = new AdapterCase(type)) {
      assertThat(few.decoder.quantised()).hasSize(14);
      dequantise(few, dense);
      AdapterCase.Pass found = pass(few, settings, activations);
      AdapterCase.Pass expected = pass(dense, settings, activations);
      assertThat(found.loss()).isCloseTo(expected.loss(), within((float) tolerance * 10));
      assertThat(found.gradients().keySet()).isEqualTo(expected.gradients().keySet()).isNotEmpty();
      expected
          .gradients()
          .forEach((parameter, gradient) -> {
            double error = distance(found.gradient(parameter), gradient);
            assertThat(error).as(parameter).isLessThan(tolerance);
          });
    }
  }

  private static AdapterCase.Pass pass(
      AdapterCase c, LoraSettings settings, Tape.Activations activations) {
    c.attach(c.decoder, settings);
    AdapterCase.randomize(c.decoder, 5);
    c.train(c.decoder);
    c.train(c.model.projector().part());
    return c.pass(c.batch(0), activations, 3);
  }

  /// ‖a - b‖ / ‖b‖.
  private static double distance(float[] a, float[] b) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < b.length; i++) {
      difference += Math.pow((double) a[i] - b[i], 2);
      norm += Math.pow(b[i], 2);
    }
    return Math.sqrt(difference) / (Math.sqrt(norm) + 1e-12);
  }

  private static void dequantise(AdapterCase few, AdapterCase dense) {
    Map<String, Parameter> targets = new HashMap<>();
    dense.decoder.parameters().forEach(p -> targets.put(p.name(), p));
    Ops from = few.engine.ops(few.scope);
    for (QuantisedWeight weight : few.decoder.quantised()) {
      Parameter target = Objects.requireNonNull(targets.get(weight.name()));
      from.copyInto(target.value(), weight.read(from, from::copy));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Quantisation.class,
      names = {"NF4", "INT8"})
  void aQuantisedPartDoesNotTrainWhole(Quantisation quantisation) {
    try (AdapterCase c = new AdapterCase(ScalarType.F32, quantisation)) {
      assertThatThrownBy(() ->
              ParameterGroups.train(c.model, Map.of("decoder", new ParameterGroups.Rate(1e-3, 0))))
          .isInstanceOf(ModelException.class)
          .hasMessage(
              "decoder: its weights are quantised and cannot train; give it an adapter (the stage's"
                  + " train.decoder.adapter)");
    }
  }
}
