package dev.jlava.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The keys `quantize` and `double_quant`, and what they exclude.
final class QuantizeKeysTest {
  private static final String PARTS = "vision: { path: v }, decoder: { path: d, %s }";
  private static final String ADAPTER = "{ lr: 1e-3, adapter: { r: 4 } }";

  @TempDir Path directory;

  @Test
  void eachPlaceOfTheModelTakesThem() throws IOException {
    String keys = "quantize: nf4, double_quant: true";
    Recipe.Quantized expected = new Recipe.Quantized(Recipe.Quantize.NF4, true);
    assertThat(load("path: models/llava, " + keys, ADAPTER).model().quantized())
        .isEqualTo(expected);
    assertThat(load(PARTS.formatted(keys), ADAPTER).model().quantized()).isEqualTo(expected);
    assertThat(load("path: models/llava", "{ lr: 1e-3 }").model().quantized())
        .isEqualTo(new Recipe.Quantized(Recipe.Quantize.NONE, false));
  }

  @Test
  void aQuantisedDecoderNeedsAnAdapter() {
    String missing =
        ":5:23: stages.0.train.decoder.adapter: missing (the decoder is quantised, and its weights"
            + " cannot train; an adapter beside them can)";
    refused("path: models/llava, quantize: nf4", "{ lr: 1e-3 }", missing);
    refused(PARTS.formatted("quantize: int8"), "{ lr: 1e-3 }", missing);
  }

  @Test
  void onlyTheScalesOfNf4AreQuantised() {
    refused(
        "path: models/llava, double_quant: true",
        ADAPTER,
        ":2:30: model.double_quant: quantises the scales of nf4 (found quantize none)");
    refused(
        PARTS.formatted("quantize: int8, double_quant: true"),
        ADAPTER,
        ":2:67: model.decoder.double_quant: quantises the scales of nf4 (found quantize int8)");
  }

  @Test
  void theKeyBelongsToWhatHoldsTheDecoder() {
    refused(
        PARTS.formatted("init: random") + ", quantize: nf4",
        ADAPTER,
        ":2:67: model.quantize: quantises the decoder of model.path; write model.decoder.quantize");
  }

  @Test
  void unknownKindsAreNamedWithTheKnown() {
    refused(
        "path: models/llava, quantize: nf5",
        ADAPTER,
        ":2:40: model.quantize: not allowed (found 'nf5', allowed [none, nf4, int8]). Did you mean"
            + " nf4?");
  }

  private void refused(String model, String decoder, String problem) {
    assertThatThrownBy(() -> load(model, decoder))
        .isInstanceOf(RecipeException.class)
        .hasMessage(directory.resolve("recipe.yaml") + problem);
  }

  private Recipe load(String model, String decoder) throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("recipe.yaml"),
            """
            name: few
            model: { %s }
            stages:
              - name: one
                train: { decoder: %s }
                data: [ { path: data.json } ]
                template: plain
                batch: { size: 8 }
            """
                .formatted(model, decoder));
    return RecipeLoader.load(file, List.of(), List.of("plain")).recipe();
  }
}
