package dev.jlava.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jlava.data.image.Aspect;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.testing.Golden;
import dev.jlava.weights.gguf.GgufFileType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// LLaVA as GGUF files, read back.
final class GgufExportTest {
  private static final Path GOLDEN = Golden.path("llava/hf");

  @TempDir private Path directory;
  private final Engine engine = Engine.start(new Device.Cpu(), 1);
  private final Scope scope = new Scope();
  private final VisionLanguageModel model =
      LlavaDirectory.open(GOLDEN).load(engine, scope, ScalarType.F32);
  private final List<String> notes = new ArrayList<>();

  @AfterEach
  void close() {
    scope.close();
    engine.close();
  }

  private VisionLanguageModel throughGguf(GgufFileType type) {
    new GgufExport(
            LlavaDirectory.open(GOLDEN).files(),
            new ModelCard(Optional.empty(), Aspect.PAD),
            type,
            notes::add)
        .write(model, "tiny", directory);
    return LlavaDirectory.open(directory).load(engine, scope, ScalarType.F32);
  }

  /// Rows of 32 are no whole number of a k-quant's blocks.
  @ParameterizedTest
  @CsvSource({
    "FP32, 0",
    "FP16, 0.0005",
    "BF16, 0.004",
    "Q8_0, 0.0045",
    "Q4_0, 0.13",
    "Q4_K, 0.07",
    "Q5_K, 0.035"
  })
  void everyWeightComesBack(GgufFileType type, double bound) {
    VisionLanguageModel read = throughGguf(type);
    assertThat(read.decoder().config())
        .usingRecursiveComparison()
        .ignoringFields("initializerRange")
        .isEqualTo(model.decoder().config());
    assertThat(read.tokensPerImage()).isEqualTo(model.tokensPerImage());
    int compared = 0;
    for (Part part : read.parts()) {
      for (Parameter parameter : part.parameters()) {
        String name = part.nameOf(parameter);
        if (!name.startsWith("vision_model.post_layernorm")) {
          Part original =
              model.parts().stream()
                  .filter(p -> p.name().equals(part.name()))
                  .findFirst()
                  .orElseThrow();
          assertClose(name, parameter, original.get(name), bound);
          compared++;
        }
      }
    }
    assertThat(compared).isEqualTo(21 + 4 + 37);
    assertThat(notes).isEmpty();
  }

  /// As a share of the largest value.
  private static void assertClose(String name, Parameter found, Parameter expected, double bound) {
    float[] values = expected.value().floats();
    float[] read = found.value().floats();
    assertThat(read).as(name).hasSameSizeAs(values);
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < values.length; i++) {
      assertThat(Math.abs(read[i] - values[i]))
          .as("%s [%d]", name, i)
          .isLessThanOrEqualTo((float) (bound * largest));
    }
  }

  @Test
  void layersThatNobodyReadsAreLeftOut() {
    VisionLanguageModel read = throughGguf(GgufFileType.FP16);
    assertThat(read.vision().config().numHiddenLayers()).isEqualTo(2);
    assertThat(model.vision().config().numHiddenLayers()).isEqualTo(3);
    assertThat(read.features().layer()).isEqualTo(2);
    assertThat(directory.resolve("model-fp16.gguf")).isRegularFile();
    assertThat(directory.resolve("mmproj-model-fp16.gguf")).isRegularFile();
  }

  @Test
  void aModelIsFoundByEitherOfItsFiles() throws Exception {
    throughGguf(GgufFileType.FP32);
    Path decoder = directory.resolve("model-fp32.gguf");
    Path renamed = Files.move(directory.resolve("mmproj-model-fp32.gguf"), directory.resolve("a"));
    for (Path path : List.of(decoder, renamed, directory)) {
      LlavaDirectory.open(path).load(engine, scope, ScalarType.F32);
    }
    Files.copy(decoder, directory.resolve("b"));
    assertThatThrownBy(() -> LlavaDirectory.open(directory))
        .hasMessage(
            directory
                + ": not the two GGUF files of a LLaVA model (found decoders [b, model-fp32.gguf],"
                + " mmproj files [a]; expected one of each in a directory); give the decoder's file,"
                + " with one mmproj file beside it");
    LlavaDirectory.open(decoder).load(engine, scope, ScalarType.F32);
  }

  @Test
  void whatLlamaCppHasNoPlaceForIsRefused() {
    VisionLanguageModel reading =
        new VisionLanguageModel(
            model.vision(),
            model.projector(),
            model.decoder(),
            new VisionFeatures(-2, true),
            ScalarType.F32);
    GgufExport export =
        new GgufExport(
            LlavaDirectory.open(GOLDEN).files(),
            new ModelCard(Optional.empty(), Aspect.SQUARE),
            GgufFileType.FP16,
            notes::add);
    assertThatThrownBy(() -> export.write(reading, "tiny", directory))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("llama.cpp drops the class token");
    export.write(model, "tiny", directory);
    assertThat(notes)
        .containsExactly(
            "llama.cpp pads images that are not square; this model was not trained so");
  }
}
