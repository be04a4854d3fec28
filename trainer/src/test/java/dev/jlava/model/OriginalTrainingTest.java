package dev.jlava.model;

import static dev.jlava.model.Close.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jlava.engine.ScalarType;
import dev.jlava.testing.Golden;
import dev.jlava.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the original LLaVA's LoRA recipe leaves, against transformers and PEFT.
final class OriginalTrainingTest {
  private static final Path LORA = Golden.path("llava/original_lora");
  private static final Path BASE = Golden.path("llava/original/model");

  @Test
  void theLogitsArePeftsWithTheProjectorBesideTheAdapter() {
    float[] expected = Golden.tensors("llava/original_lora/golden.safetensors").floats("logits");
    try (SmallModel small = new SmallModel()) {
      OriginalTraining training = OriginalTraining.open(LORA);
      assertThat(training.namedBase()).hasValue("../original/model");
      VisionLanguageModel base = small.load(BASE, ScalarType.F32);
      VisionLanguageModel model =
          training.load(new PartLoader(small.engine, small.scope, base.type()), base);
      assertClose("logits", small.logits(model), expected, 2e-5, 1e-4);
      Merge.all(small.engine, model);
      assertClose("merged logits", small.logits(model), expected, 2e-5, 1e-4);
    }
  }

  @Test
  void itIsKnownByItsFilesWhateverItsNameIs(@TempDir Path directory) throws IOException {
    assertThat(DirectoryKind.of(LORA)).hasValue(DirectoryKind.ORIGINAL_TRAINING);
    assertThat(DirectoryKind.of(BASE)).hasValue(DirectoryKind.LLAVA);
    assertThat(DirectoryKind.of(Golden.path("llava/hf"))).hasValue(DirectoryKind.LLAVA);
    assertThat(DirectoryKind.of(Golden.path("lora/base"))).hasValue(DirectoryKind.DECODER);
    assertThat(DirectoryKind.of(Golden.path("lora/dora"))).hasValue(DirectoryKind.ADAPTER);
    assertThat(DirectoryKind.of(directory)).isEmpty();
    Files.copy(LORA.resolve("config.json"), directory.resolve("config.json"));
    assertThat(DirectoryKind.of(directory)).hasValue(DirectoryKind.LLAVA);
    Files.copy(LORA.resolve("non_lora_trainables.bin"), directory.resolve("mm_projector.bin"));
    assertThat(DirectoryKind.of(directory)).hasValue(DirectoryKind.ORIGINAL_TRAINING);
  }

  @Test
  void otherWeightsBesideTheProjectorAreRefused(@TempDir Path directory) throws IOException {
    Path training = Files.createDirectories(directory.resolve("a/b"));
    Files.writeString(
        training.resolve("config.json"),
        Files.readString(LORA.resolve("config.json"))
            .replace(
                "../original/clip_tower", Golden.path("llava/original/clip_tower").toString()));
    Files.copy(
        Golden.path("llava/original/bin/pytorch_model.bin"), training.resolve("mm_projector.bin"));
    try (SmallModel small = new SmallModel()) {
      VisionLanguageModel base = small.load(BASE, ScalarType.F32);
      assertThatThrownBy(() ->
              OriginalTraining.open(training)
                  .load(new PartLoader(small.engine, small.scope, base.type()), base))
          .isInstanceOf(WeightsException.class)
          .hasMessageContaining(
              "mm_projector.bin: holds tensors of [decoder, projector], expected those of the"
                  + " projector alone");
    }
  }
}
