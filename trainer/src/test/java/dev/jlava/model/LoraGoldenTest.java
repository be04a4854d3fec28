package dev.jlava.model;

import static dev.jlava.model.Close.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jlava.adapter.LoraSettings;
import dev.jlava.adapter.LoraTargets;
import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Adapters from PEFT's directories, against what PEFT computes with them.
final class LoraGoldenTest {
  private static final double ATOL = 2e-5;
  private static final double RTOL = 1e-4;

  @ParameterizedTest
  @ValueSource(strings = {"plain", "rslora", "dora"})
  void lossAndGradientsArePefts(String variant) {
    for (Tape.Activations activations : Tape.Activations.values()) {
      try (Case c = new Case(variant)) {
        c.load(Golden.path("lora/" + variant));
        c.assertTrainsLikeGolden(activations);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "rslora", "dora"})
  void logitsArePeftsAndMergingChangesNothing(String variant) {
    try (Case c = new Case(variant)) {
      Map<String, float[]> base = c.weights();
      c.load(Golden.path("lora/" + variant));
      c.assertLogits("logits");
      try (Merge _ = Merge.of(c.engine, c.part)) {
        assertThat(c.part.adapter()).isEmpty();
        c.assertLogits("merged_logits");
        GoldenTensors merged = Golden.tensors("lora/" + variant + "/merged.safetensors");
        for (String name : merged.names()) {
          assertClose(name, c.part.get(name).value().floats(), merged.floats(name), ATOL, RTOL);
        }
        assertThat(merged.names()).hasSize(14);
      }
      c.assertLogits("logits");
      Map<String, float[]> after = c.weights();
      base.forEach((name, values) -> assertThat(after.get(name)).as(name).isEqualTo(values));
      Merge.permanently(c.engine, c.part);
      c.assertLogits("merged_logits");
    }
  }

  @Test
  void anotherScaleAndAPerturbedFactorAreSeen() {
    try (Case c = new Case("plain")) {
      c.load(Golden.path("lora/rslora"));
      assertThatThrownBy(() -> c.assertTrainsLikeGolden(Tape.Activations.KEEP))
          .isInstanceOf(AssertionError.class);
    }
    try (Case c = new Case("dora")) {
      c.load(Golden.path("lora/dora"));
      Parameter magnitude =
          c.adapter().parameters().stream()
              .filter(p -> p.name().endsWith("layers.0.mlp.up_proj.lora_magnitude_vector"))
              .findFirst()
              .orElseThrow();
      float first = magnitude.value().floats()[0];
      magnitude.value().data().setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, 0, first * 1.2f);
      assertThatThrownBy(() -> c.assertTrainsLikeGolden(Tape.Activations.KEEP))
          .isInstanceOf(AssertionError.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "rslora", "dora"})
  void theDirectoryWrittenIsTheDirectoryRead(String variant, @TempDir Path directory) {
    Path source = Golden.path("lora/" + variant);
    try (Case c = new Case(variant)) {
      c.load(source);
      PeftDirectory.save(c.part, Path.of("../base"), directory);
    }
    GoldenTensors written = GoldenTensors.read(directory.resolve("adapter_model.safetensors"));
    GoldenTensors expected = GoldenTensors.read(source.resolve("adapter_model.safetensors"));
    assertThat(written.names()).containsExactlyInAnyOrderElementsOf(expected.names());
    for (String name : expected.names()) {
      assertThat(written.floats(name)).as(name).isEqualTo(expected.floats(name));
    }
    PeftConfig config = PeftConfig.read(directory);
    PeftConfig original = PeftConfig.read(source);
    config
        .json()
        .fieldNames()
        .forEachRemaining(key -> {
          if (!key.equals("target_modules")) {
            assertThat(config.json().get(key)).as(key).isEqualTo(original.json().get(key));
          }
        });
    assertThat(config.json().get("target_modules"))
        .containsExactlyInAnyOrderElementsOf(original.json().get("target_modules"));
    try (Case c = new Case(variant)) {
      c.load(directory);
      c.assertTrainsLikeGolden(Tape.Activations.KEEP);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"default", "second", "default+second", "default+second+third"})
  void adaptersAtWorkAddUpAsPeftsDo(String active) {
    try (Case c = new Case("several")) {
      c.loadSeveral();
      c.part.activate(List.of(active.split("\\+")));
      c.assertLogits("logits." + active);
    }
  }

  @Test
  void theLastAtWorkTrainsWithTheOthersFrozenAndAllMergeAsPeftMergesThem() {
    for (Tape.Activations activations : Tape.Activations.values()) {
      try (Case c = new Case("several")) {
        c.loadSeveral();
        c.part.activate(List.of(Adapter.DEFAULT, "second"));
        c.assertTrainsLikeGolden(activations);
        Map<String, float[]> base = c.weights();
        try (Merge _ = Merge.of(c.engine, c.part)) {
          GoldenTensors merged = Golden.tensors("lora/several/merged.safetensors");
          for (String name : merged.names()) {
            assertClose(name, c.part.get(name).value().floats(), merged.floats(name), ATOL, RTOL);
          }
          c.assertLogits("logits.default+second");
        }
        base.forEach(
            (name, values) -> assertThat(c.weights().get(name)).as(name).isEqualTo(values));
        assertThat(c.part.adapters()).containsOnlyKeys(Adapter.DEFAULT, "second", "third");
        c.assertLogits("logits.default+second");
      }
    }
  }

  @Test
  void severalAreWrittenAsPeftWritesThem(@TempDir Path directory) {
    try (Case c = new Case("several")) {
      c.loadSeveral();
      PeftDirectory.save(c.part, Path.of("../base"), directory);
    }
    for (String place : List.of("", "second/", "third/")) {
      GoldenTensors expected =
          Golden.tensors("lora/several/" + place + "adapter_model.safetensors");
      GoldenTensors found =
          GoldenTensors.read(directory.resolve(place + "adapter_model.safetensors"));
      assertThat(found.names()).containsExactlyInAnyOrderElementsOf(expected.names());
      for (String name : expected.names()) {
        assertThat(found.floats(name)).as(name).isEqualTo(expected.floats(name));
      }
    }
  }

  @Test
  void adaptersSideBySideHaveNamesOfTheirOwnAndShareNothingThatTrains() {
    try (Case c = new Case("several")) {
      c.loadSeveral();
      assertThatThrownBy(() -> c.load(Golden.path("lora/several/second"), "second"))
          .isInstanceOf(ModelException.class)
          .hasMessage("decoder: has an adapter 'second' already; give this one another name");
      assertThatThrownBy(() -> c.part.activate(List.of("fourth")))
          .isInstanceOf(ModelException.class)
          .hasMessage("decoder: has no adapter 'fourth' (found [default, second, third])");
      LoraSettings settings =
          new LoraSettings(
              2,
              4,
              0,
              new LoraTargets.AllLinear(),
              false,
              false,
              LoraSettings.Bias.NONE,
              1,
              List.of("norm"));
      assertThatThrownBy(() -> new Adapters(c.engine, c.scope).attach(c.part, "whole", settings, 1))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("adapter 'whole' would share trained biases or modules to save");
    }
  }

  /// The golden base with what PEFT computes for one variant.
  private static final class Case implements AutoCloseable {
    final Engine engine = Engine.start(new Device.Cpu(), 1);
    final Scope scope = new Scope();
    final GoldenTensors golden;
    final GoldenTensors grads;
    final Part part;
    final VisionLanguageModel model;

    Case(String variant) {
      golden = Golden.tensors("lora/" + variant + "/golden.safetensors");
      grads = Golden.tensors("lora/" + variant + "/grads.safetensors");
      DecoderConfig config = DecoderConfig.of(Golden.json("lora/base/config.json"));
      part =
          GoldenParts.load(
              engine, scope, "lora/base/model.safetensors", "", "decoder", config.tensors());
      model = TextOnly.model(new LlamaDecoder(config, part));
    }

    void load(Path directory) {
      load(directory, Adapter.DEFAULT);
    }

    void load(Path directory, String name) {
      PeftDirectory.load(
          new Adapters(engine, scope),
          List.of(part),
          directory,
          new PeftDirectory.Loading(name, 1, 1));
    }

    /// The three adapters of one directory, as PEFT's load_adapter loads them.
    void loadSeveral() {
      Path directory = Golden.path("lora/several");
      load(directory);
      load(directory.resolve("second"), "second");
      load(directory.resolve("third"), "third");
    }

    Adapter adapter() {
      return part.adapter().orElseThrow();
    }

    Map<String, float[]> weights() {
      Map<String, float[]> all = new TreeMap<>();
      part.parameters().forEach(p -> all.put(p.name(), p.value().floats()));
      return all;
    }

    void assertTrainsLikeGolden(Tape.Activations activations) {
      PackedBatch batch = GoldenBatch.of(golden);
      int count = batch.targets().length;
      part.trainable().forEach(p -> p.setTrained(true));
      long before = engine.liveTensors();
      try (Scope step = new Scope();
          CollectedGradients sums = new CollectedGradients()) {
        try (Tape tape = Tape.recording(engine.ops(step), sums, activations)) {
          float loss = model.train(tape, batch, 1.0 / count) / count;
          assertClose("loss", new float[] {loss}, golden.floats("loss"), ATOL, RTOL);
        }
        Map<String, float[]> found = new TreeMap<>();
        sums.forEach((p, g) ->
            found.put(PeftDirectory.PREFIX + part.nameOf(p).replace(".second.", "."), g.floats()));
        // Frozen weights get no gradient: those of the adapter are all there are.
        assertThat(found).hasSize(grads.names().size());
        for (String name : grads.names()) {
          String ours = name.replace("magnitude_vector.weight", "magnitude_vector");
          float[] gradient = Objects.requireNonNull(found.get(ours), ours);
          assertClose(name, gradient, grads.floats(name), ATOL, RTOL);
        }
      }
      assertThat(engine.liveTensors()).isEqualTo(before);
    }

    /// Compares the logits of the last position of each sequence.
    void assertLogits(String key) {
      float[] expected = golden.floats(key);
      long[] shape = golden.shape(key);
      long[] ids = golden.longs("input_ids");
      long[] mask = golden.longs("attention_mask");
      int width = (int) shape[1];
      int vocabulary = (int) shape[2];
      for (int n = 0; n < shape[0]; n++) {
        int first = n * width;
        int length = (int) Arrays.stream(mask, first, first + width).sum();
        int[] prompt =
            Arrays.stream(ids, first, first + length).mapToInt(Math::toIntExact).toArray();
        int last = (first + length - 1) * vocabulary;
        float[] wanted = Arrays.copyOfRange(expected, last, last + vocabulary);
        assertClose(key + " of sequence " + n, logits(prompt), wanted, ATOL, RTOL);
      }
    }

    private float[] logits(int[] prompt) {
      DecoderConfig config = model.decoder().config();
      try (Scope step = new Scope();
          KeyValueCache cache = new KeyValueCache(engine.ops(scope), config, ScalarType.F32, 64)) {
        return model
            .logits(Tape.forwardOnly(engine.ops(step)), TextOnly.prompt(prompt), List.of(cache))
            .floats();
      }
    }

    @Override
    public void close() {
      scope.close();
      engine.close();
    }
  }
}
