package dev.jlava.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.image.Aspect;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.testing.Golden;
import dev.jlava.weights.gguf.GgufFileType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Decoders and towers of other kinds than the golden LLaVA's, as GGUF files and back.
final class GgufArchitecturesTest {
  @TempDir private Path directory;
  private final Engine engine = Engine.start(new Device.Cpu(), 1);
  private final Scope scope = new Scope();
  private final ModelParts parts = new ModelParts(new PartLoader(engine, scope, ScalarType.F32));

  @AfterEach
  void close() {
    scope.close();
    engine.close();
  }

  @Test
  void biasesOfQwen2ComeBackInHuggingFacesOrder() throws IOException {
    LlamaDecoder decoder = throughGguf("qwen2");
    assertThat(decoder.part().parameters())
        .filteredOn(p -> p.name().endsWith("_proj.bias"))
        .hasSize(2 * 3);
    assertThat(decoder.config().tieWordEmbeddings()).isTrue();
  }

  @Test
  void aFactorOfAllPositionsComesBack() throws IOException {
    LlamaDecoder decoder = throughGguf("llama/linear_rope");
    assertThat(decoder.config().rope().inverseFrequencies()[0]).isEqualTo(0.25f);
  }

  /// The tower has no class token, and its layers all run.
  @Test
  void aSiglipTowerAndItsProjectorComeBack() throws IOException {
    Path siglip = Golden.path("siglip_vision");
    Path source = source("llama/linear_rope");
    Path tower = Files.createDirectory(directory.resolve("tower"));
    Files.copy(siglip.resolve("config.json"), tower.resolve("config.json"));
    Files.copy(
        Golden.path("llava/hf/preprocessor_config.json"),
        tower.resolve("preprocessor_config.json"));
    VisionTransformer vision = parts.vision(siglip, OptionalLong.empty());
    LlamaDecoder decoder = parts.decoder(source, OptionalLong.of(5));
    Projector projector = parts.projector("mlp2x_gelu", vision, decoder, 6);
    VisionLanguageModel model =
        new VisionLanguageModel(
            vision, projector, decoder, new VisionFeatures(-1, false), ScalarType.F32);
    new GgufExport(
            new LlavaFiles(source, tower),
            new ModelCard(Optional.empty(), Aspect.PAD),
            GgufFileType.FP32,
            note -> assertThat(note).isEmpty())
        .write(model, "tiny", directory.resolve("out"));
    VisionLanguageModel read =
        LlavaDirectory.open(directory.resolve("out")).load(engine, scope, ScalarType.F32);
    assertThat(read.vision().config()).isEqualTo(vision.config());
    assertThat(read.tokensPerImage()).isEqualTo(9).isEqualTo(model.tokensPerImage());
    assertThat(read.vision().config().layersFor(read.features().layer())).isEqualTo(3);
    for (Part part : List.of(vision.part(), projector.part())) {
      Part other = part == vision.part() ? read.vision().part() : read.projector().part();
      for (Parameter parameter : part.parameters()) {
        String name = part.nameOf(parameter);
        if (!name.startsWith("vision_model.post_layernorm")) {
          assertThat(other.get(name).value().floats())
              .as(name)
              .isEqualTo(parameter.value().floats());
        }
      }
    }
  }

  /// Writes a decoder of random weights, biases too, reads it, and compares all there is.
  private LlamaDecoder throughGguf(String golden) throws IOException {
    Path source = source(golden);
    LlamaDecoder decoder = parts.decoder(source, OptionalLong.of(5));
    List<Parameter> all = List.copyOf(decoder.part().parameters());
    for (Parameter parameter : all) {
      float[] values = parameter.value().floats();
      for (int i = 0; i < values.length; i++) {
        values[i] += (i % 7 - 3) / 64f;
      }
      parameter.value().data().copyFrom(MemorySegment.ofArray(values));
    }
    List<String> notes = new ArrayList<>();
    new GgufExport(
            new LlavaFiles(source, source),
            new ModelCard(Optional.empty(), Aspect.PAD),
            GgufFileType.FP32,
            notes::add)
        .write(new TextModel(decoder, ScalarType.F32), "tiny", directory.resolve("out"));
    assertThat(notes).isEmpty();
    LlamaDecoder read =
        parts.decoder(directory.resolve("out/model-fp32.gguf"), OptionalLong.empty());
    assertThat(read.config())
        .usingRecursiveComparison()
        .ignoringFields("initializerRange")
        .isEqualTo(decoder.config());
    assertThat(read.part().parameters()).hasSameSizeAs(all);
    for (Parameter parameter : all) {
      String name = decoder.part().nameOf(parameter);
      assertThat(read.part().get(name).value().floats())
          .as(name)
          .isEqualTo(parameter.value().floats());
    }
    return read;
  }

  /// A golden configuration with the tokenizer of the golden LLaVA, and as many tokens.
  private Path source(String golden) throws IOException {
    Path hf = Golden.path("llava/hf");
    Path source = Files.createDirectory(directory.resolve("source"));
    try (Stream<Path> files = Files.list(hf)) {
      for (Path file : files.filter(f -> f.getFileName().toString().contains("token")).toList()) {
        Files.copy(file, source.resolve(file.getFileName()));
      }
    }
    ObjectNode config = (ObjectNode) Golden.json(golden + "/config.json");
    config.set("vocab_size", Golden.json("llava/hf/config.json").at("/text_config/vocab_size"));
    Files.writeString(source.resolve("config.json"), config.toString());
    return source;
  }
}
