package dev.jlava.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.jlava.adapter.LoraSettings;
import dev.jlava.adapter.LoraSettings.Bias;
import dev.jlava.adapter.LoraTargets;
import dev.jlava.data.image.Aspect;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Tape;
import dev.jlava.model.Adapter;
import dev.jlava.model.LlavaDirectory;
import dev.jlava.model.LlavaFiles;
import dev.jlava.model.LlavaWriter;
import dev.jlava.model.Merge;
import dev.jlava.model.ModelCard;
import dev.jlava.model.ModelException;
import dev.jlava.model.Part;
import dev.jlava.testing.Golden;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What adapters do in a vision-language model, beyond the golden numbers.
final class AdapterTest {
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void atStartTheModelIsTheBase(boolean dora) {
    try (AdapterCase c = new AdapterCase()) {
      float base = c.pass(c.batch(0)).loss();
      c.attach(c.decoder, AdapterCase.dropping(0, dora));
      c.attach(c.vision, AdapterCase.dropping(0, dora));
      assertThat(c.pass(c.batch(0)).loss()).isEqualTo(base);
      AdapterCase.randomize(c.decoder, 1);
      assertThat(c.pass(c.batch(0)).loss()).isNotCloseTo(base, within(1e-2f));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void mergedIsUnmergedInTowerAndDecoder(boolean dora) {
    try (AdapterCase c = new AdapterCase()) {
      float base = c.pass(c.batch(0)).loss();
      for (Part part : List.of(c.vision, c.decoder)) {
        c.attach(part, AdapterCase.dropping(0.5, dora));
        AdapterCase.randomize(part, 2);
      }
      // Frozen adapters drop nothing, so the two can be compared.
      float unmerged = c.pass(c.batch(0)).loss();
      assertThat(unmerged).isNotCloseTo(base, within(1e-2f));
      try (Merge _ = Merge.of(c.engine, c.vision);
          Merge _ = Merge.of(c.engine, c.decoder)) {
        assertThat(c.pass(c.batch(0)).loss()).isCloseTo(unmerged, within(1e-4f * unmerged));
      }
      assertThat(c.pass(c.batch(0)).loss()).isEqualTo(unmerged);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void inBf16AdaptersAndTheirGradientsAreFp32(boolean dora) {
    List<Float> losses = new ArrayList<>();
    for (ScalarType type : List.of(ScalarType.F32, ScalarType.BF16)) {
      try (AdapterCase c = new AdapterCase(type)) {
        c.attach(c.decoder, AdapterCase.dropping(0, dora));
        AdapterCase.randomize(c.decoder, 5);
        assertThat(c.decoder.trainable()).allMatch(p -> p.value().type() == ScalarType.F32);
        c.train(c.decoder);
        AdapterCase.Pass pass = c.pass(c.batch(0));
        assertThat(pass.gradients()).hasSize(c.decoder.trainable().size());
        losses.add(pass.loss());
        float unmerged = pass.loss();
        try (Merge _ = Merge.of(c.engine, c.decoder)) {
          assertThat(c.pass(c.batch(0)).loss()).isCloseTo(unmerged, within(0.01f * unmerged));
        }
      }
    }
    assertThat(losses.getLast()).isCloseTo(losses.getFirst(), within(0.01f * losses.getFirst()));
  }

  @Test
  void aModelWithAnUnmergedAdapterIsNotWrittenWithoutIt(@TempDir Path directory) {
    try (AdapterCase c = new AdapterCase()) {
      c.attach(c.decoder, AdapterCase.dropping(0, false));
      LlavaFiles files = LlavaDirectory.open(Golden.path("train/hf")).files();
      ModelCard card = new ModelCard(Optional.empty(), Aspect.SQUARE);
      LlavaWriter writer = new LlavaWriter(files, card, note -> {});
      assertThatThrownBy(() -> writer.write(c.model, directory))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("decoder");
      Merge.permanently(c.engine, c.decoder);
      writer.write(c.model, directory);
    }
  }

  @ParameterizedTest
  @CsvSource({"0, vision.vision_model.encoder.layers.0.mlp.fc1", "1, projector.linear_1"})
  void frozenWeightsGetNoGradientAndThoseOfAdaptersAreTheSlopeOfTheLoss(int place, String layer) {
    try (AdapterCase c = new AdapterCase()) {
      Part part = c.model.parts().get(place);
      Adapter adapter = c.attach(part, AdapterCase.dropping(0, false));
      AdapterCase.randomize(part, 3);
      c.train(part);
      AdapterCase.Pass pass = c.pass(c.batch(0));
      assertThat(pass.gradients()).hasSize(adapter.parameters().size());
      for (String factor : List.of(".lora_A.weight", ".lora_B.weight")) {
        Parameter parameter = find(adapter.parameters(), layer + factor);
        float[] gradient = pass.gradient(parameter.name());
        double length = length(gradient);
        assertThat(slope(c, parameter, gradient)).isCloseTo(length, within(0.02 * length));
      }
    }
  }

  /// The slope of the loss in the direction of a gradient: its length, if it is right.
  private static double slope(AdapterCase c, Parameter parameter, float[] gradient) {
    float[] at = parameter.value().floats();
    double step = 1e-2;
    double[] losses = new double[2];
    for (int side = 0; side < 2; side++) {
      double along = (side == 0 ? step : -step) / length(gradient);
      float[] moved = at.clone();
      for (int i = 0; i < moved.length; i++) {
        moved[i] += (float) (along * gradient[i]);
      }
      AdapterCase.set(parameter, moved);
      losses[side] = c.pass(c.batch(0)).loss();
    }
    AdapterCase.set(parameter, at);
    return (losses[0] - losses[1]) / (2 * step);
  }

  private static double length(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  private static Parameter find(Collection<Parameter> all, String name) {
    return all.stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void keepIsRecomputeWithDropout(boolean dora) {
    try (AdapterCase c = new AdapterCase()) {
      for (Part part : List.of(c.vision, c.decoder)) {
        c.attach(part, AdapterCase.dropping(0.3, dora));
        AdapterCase.randomize(part, 4);
        c.train(part);
      }
      AdapterCase.Pass keep = c.pass(c.batch(0), Tape.Activations.KEEP, 5);
      AdapterCase.Pass other = c.pass(c.batch(0), Tape.Activations.KEEP, 6);
      AdapterCase.Pass recompute = c.pass(c.batch(0), Tape.Activations.RECOMPUTE, 5);
      assertThat(other.loss()).isNotEqualTo(keep.loss());
      assertThat(recompute.loss()).isEqualTo(keep.loss());
      keep.gradients()
          .forEach((name, g) -> assertThat(recompute.gradients().get(name)).as(name).isEqualTo(g));
    }
  }

  @ParameterizedTest
  @CsvSource({"q_proj, 2", "mlp.down_proj, 2", "model.layers.1.self_attn.v_proj, 1"})
  void namesChooseLayersAsInPeft(String name, int count) {
    try (AdapterCase c = new AdapterCase()) {
      LoraTargets names = LoraTargets.of(List.of(name));
      Adapter adapter = c.attach(c.decoder, LoraSettings.of(4, 8, names));
      assertThat(adapter.layers().keySet()).hasSize(count).allMatch(l -> l.endsWith(name));
    }
  }

  @Test
  void allLinearAndPatternsChooseLayersAsInPeft() {
    try (AdapterCase c = new AdapterCase()) {
      assertThat(c.attach(c.decoder, LoraSettings.of(4, 8, AdapterCase.ALL)).layers())
          .hasSize(7 * 2)
          .doesNotContainKey("lm_head");
      LoraTargets pattern =
          LoraTargets.of(List.of(".*layers\\.0\\..*fc[12]", "layers.1.mlp.fc1", "1.mlp.fc2"));
      assertThat(c.attach(c.vision, LoraSettings.of(4, 8, pattern)).layers()).hasSize(4);
      Part projector = c.model.projector().part();
      assertThat(c.attach(projector, LoraSettings.of(4, 8, AdapterCase.ALL)).layers())
          .containsOnlyKeys("linear_1", "linear_2");
    }
  }

  @Test
  void unknownTargetsAndModulesAreErrorsThatListTheKnown() {
    try (AdapterCase c = new AdapterCase()) {
      LoraTargets names = LoraTargets.of(List.of("q_proj", "query", "lm_head"));
      assertThatThrownBy(() -> c.attach(c.decoder, LoraSettings.of(4, 8, names)))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("decoder")
          .hasMessageContaining("[query, lm_head]")
          .hasMessageContaining("model.layers.N.self_attn.q_proj");
      assertThat(c.decoder.adapter()).isEmpty();
      LoraSettings saved = with(Bias.NONE, 1, "heads");
      assertThatThrownBy(() -> c.attach(c.decoder, saved))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("'heads'")
          .hasMessageContaining("lm_head");
      c.attach(c.decoder, LoraSettings.of(4, 8, AdapterCase.ALL));
      assertThatThrownBy(() -> c.attach(c.decoder, LoraSettings.of(4, 8, AdapterCase.ALL)))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("has an adapter 'default' already");
    }
  }

  private static LoraSettings with(Bias bias, double lrRatio, String... modulesToSave) {
    return new LoraSettings(
        4, 8, 0, AdapterCase.ALL, false, false, bias, lrRatio, List.of(modulesToSave));
  }

  @ParameterizedTest
  @CsvSource({"NONE, 0", "LORA_ONLY, 18", "ALL, 26"})
  void biasesTrainAlong(Bias bias, int count) {
    try (AdapterCase c = new AdapterCase()) {
      Adapter adapter = c.attach(c.vision, with(bias, 1));
      assertThat(adapter.biases()).hasSize(count);
      c.train(c.vision);
      assertThat(c.pass(c.batch(0)).gradients()).hasSize(2 * 18 + count);
    }
  }

  @Test
  void modulesToSaveTrainWholeAndWithoutAdapter() {
    try (AdapterCase c = new AdapterCase()) {
      Adapter adapter = c.attach(c.decoder, with(Bias.NONE, 1, "lm_head", "layers.0.mlp"));
      assertThat(adapter.whole())
          .extracting(Parameter::name)
          .containsExactlyInAnyOrder(
              "decoder.lm_head.weight",
              "decoder.model.layers.0.mlp.gate_proj.weight",
              "decoder.model.layers.0.mlp.up_proj.weight",
              "decoder.model.layers.0.mlp.down_proj.weight");
      assertThat(adapter.layers()).hasSize(14 - 3);
      c.train(c.decoder);
      assertThat(length(c.pass(c.batch(0)).gradient("decoder.lm_head.weight"))).isPositive();
    }
  }

  @Test
  void aModuleToSaveIsEachWhoseNameEndsSoAsInPeft() {
    try (AdapterCase c = new AdapterCase()) {
      assertThat(c.attach(c.decoder, with(Bias.NONE, 1, "norm")).whole())
          .extracting(Parameter::name)
          .containsExactlyInAnyOrder(
              "decoder.model.norm.weight",
              "decoder.model.layers.0.input_layernorm.weight",
              "decoder.model.layers.0.post_attention_layernorm.weight",
              "decoder.model.layers.1.input_layernorm.weight",
              "decoder.model.layers.1.post_attention_layernorm.weight");
    }
  }

  @Test
  void onlyTheAdapterTrainsAndLoraPlusIsAGroupOfItsOwn() {
    try (AdapterCase c = new AdapterCase()) {
      Adapter adapter = c.attach(c.decoder, with(Bias.NONE, 16, "model.norm"));
      List<Optimizer.Group> groups =
          ParameterGroups.train(c.model, Map.of("decoder", new ParameterGroups.Rate(1e-4, 0.1)));
      List<Parameter> grouped = new ArrayList<>();
      for (Optimizer.Group group : groups) {
        grouped.addAll(group.parameters());
        for (Parameter p : group.parameters()) {
          boolean faster = p.name().contains("lora_B") || p.name().endsWith("model.norm.weight");
          assertThat(group.lr()).as(p.name()).isEqualTo(faster ? 16 * 1e-4 : 1e-4);
          assertThat(group.weightDecay())
              .as(p.name())
              .isEqualTo(p.name().endsWith("norm.weight") ? 0 : 0.1);
        }
      }
      assertThat(grouped).containsExactlyInAnyOrderElementsOf(adapter.parameters());
      assertThat(grouped).allMatch(Parameter::trained);
      assertThat(c.decoder.parameters().stream().filter(Parameter::trained)).hasSize(1);
      assertThat(c.model.projector().part().parameters()).noneMatch(Parameter::trained);
      try (Optimizer optimizer =
          new Optimizer(
              c.engine,
              new Optimizer.Settings(0.9, 0.999, 1e-8, Moments.Precision.FP32, false),
              groups)) {
        assertThat(optimizer.state())
            .hasSize(2 * grouped.size() + 1)
            .containsKey("step")
            .containsKey("exp_avg.decoder.model.layers.0.self_attn.q_proj.lora_B.weight");
        assertThat(optimizer.learningRates(0.5))
            .containsExactlyInAnyOrderEntriesOf(Map.of("decoder", 0.5e-4, "decoder.lora_B", 8e-4));
      }
    }
  }
}
