package dev.jlava.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jlava.data.token.Tokenizer;
import dev.jlava.data.token.Tokenizers;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/// A decoder that the gguf package wrote is the one whose loss and gradients are Hugging Face's.
final class GgufDecoderTest {
  private static final Path FILE = Golden.path("gguf/llama.gguf");
  private static final String SAME = "llama/gqa_tied_llama3";

  @Test
  void weightsAreThoseOfTheHuggingFaceDirectory() {
    GoldenTensors golden = Golden.tensors(SAME + "/model.safetensors");
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      LlamaDecoder decoder =
          new ModelParts(new PartLoader(engine, scope, ScalarType.F32))
              .decoder(FILE, OptionalLong.empty());
      assertThat(decoder.part().parameters()).hasSize(golden.names().size());
      for (Parameter parameter : decoder.part().parameters()) {
        String name = decoder.part().nameOf(parameter);
        assertThat(parameter.value().floats()).as(name).isEqualTo(golden.floats(name));
      }
    }
  }

  @Test
  void sizesAreThoseOfTheHuggingFaceDirectory() {
    DecoderConfig found = DecoderConfig.of(LlavaConfig.json(FILE));
    DecoderConfig expected = DecoderConfig.of(Golden.json(SAME + "/config.json"));
    float[] frequencies = expected.rope().inverseFrequencies();
    for (int i = 0; i < frequencies.length; i++) {
      assertThat(found.rope().inverseFrequencies()[i])
          .isCloseTo(frequencies[i], org.assertj.core.api.Assertions.withinPercentage(1e-4));
    }
    assertThat(found).usingRecursiveComparison().ignoringFields("rope").isEqualTo(expected);
  }

  @Test
  void itsTokenizerAndItsEndTokensAreTheFiles() {
    Path description = new LlavaFiles(FILE, FILE).decoder();
    Tokenizer tokenizer = Tokenizers.load(description);
    assertThat(tokenizer.encode("ab a</s>")).containsExactly(7, 6, 2);
    assertThat(tokenizer.vocabularySize()).isEqualTo(9);
    assertThat(tokenizer.addsBos()).isTrue();
    assertThat(ModelCard.json(description.resolve("generation_config.json")).toString())
        .isEqualTo("{\"bos_token_id\":1,\"eos_token_id\":[2]}");
  }
}
