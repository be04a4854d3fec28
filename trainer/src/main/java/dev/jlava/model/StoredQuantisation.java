package dev.jlava.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.adapter.Quantisation;
import java.util.List;
import java.util.Map;

/// What the `quantization_config` of a `config.json` says of the weights beside it, as transformers
/// writes it with bitsandbytes.
///
/// @param kind how linear layers are stored
/// @param skipped names of modules that are not quantised, or their ends
record StoredQuantisation(Quantisation kind, List<String> skipped) {
  /// How transformers names the parts that may stay quantised; a projector is dequantised as it is
  /// loaded.
  private static final Map<String, String> MODULES =
      Map.of("vision", "vision_tower", "decoder", "language_model");

  static StoredQuantisation of(JsonNode config) {
    JsonNode stored = config.path("quantization_config");
    List<String> skipped =
        stored.path("llm_int8_skip_modules").valueStream().map(JsonNode::asText).toList();
    return new StoredQuantisation(kind(stored), skipped);
  }

  private static Quantisation kind(JsonNode stored) {
    if (stored.path("load_in_8bit").asBoolean()) {
      return Quantisation.INT8;
    }
    boolean nested = stored.path("bnb_4bit_use_double_quant").asBoolean();
    return !stored.path("load_in_4bit").asBoolean()
        ? Quantisation.NONE
        : nested ? Quantisation.NF4_DOUBLE : Quantisation.NF4;
  }

  /// How a part's linear layers come out of the files.
  Quantisation of(String part) {
    String module = MODULES.get(part);
    return module == null || skipped.stream().anyMatch(word -> word.endsWith(module))
        ? Quantisation.NONE
        : kind;
  }
}
