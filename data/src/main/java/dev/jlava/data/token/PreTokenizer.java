package dev.jlava.data.token;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// How a byte-level tokenizer cuts a text before it merges (`tokenizer.ggml.pre`), with what else
/// the models of that name have in common.
public enum PreTokenizer {
  /// GPT-2's pattern.
  GPT_2("gpt-2"),
  /// Every digit by itself, then GPT-2's pattern.
  SMOLLM("smollm"),
  /// Llama 3's pattern; a word that is a token needs no merges.
  LLAMA_3("llama-bpe"),
  /// Qwen2's pattern, over normalised text.
  QWEN_2("qwen2"),
  /// What llama.cpp takes where a file names none.
  DEFAULT("default");

  private final String gguf;

  PreTokenizer(String gguf) {
    this.gguf = gguf;
  }

  /// The one that a GGUF file names; empty for those that JLaVA does not know.
  public static Optional<PreTokenizer> named(String name) {
    return Arrays.stream(values()).filter(p -> p.gguf.equals(name)).findFirst();
  }

  /// The name in GGUF files.
  public String gguf() {
    return gguf;
  }

  /// Whether texts begin with `bos` where a file does not say.
  public boolean addsBos() {
    return this == LLAMA_3;
  }

  /// Whether a word that is a token is taken whole (`ignore_merges`).
  boolean ignoresMerges() {
    return this == LLAMA_3;
  }

  /// Whether text is normalised (NFC).
  boolean normalises() {
    return this == QWEN_2;
  }

  /// The `pre_tokenizer` of a `tokenizer.json`.
  ObjectNode json() {
    ObjectNode sequence = new ObjectMapper().createObjectNode().put("type", "Sequence");
    ArrayNode steps = sequence.putArray("pretokenizers");
    switch (this) {
      case GPT_2 -> byteLevel(steps, true);
      case SMOLLM -> {
        steps.addObject().put("type", "Digits").put("individual_digits", true);
        byteLevel(steps, true);
      }
      case LLAMA_3 -> {
        split(steps, words("\\p{N}{1,3}"));
        byteLevel(steps, false);
      }
      case QWEN_2 -> {
        split(steps, words("\\p{N}"));
        byteLevel(steps, false);
      }
      case DEFAULT -> {
        split(steps, "[\\p{P}\\$\\+<=>\\^~\\|]+");
        split(steps, "'(?:s|t|re|ve|m|ll|d)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)");
        split(steps, "\\p{N}+");
        split(steps, "[0-9][0-9][0-9]");
        byteLevel(steps, false);
      }
    }
    return sequence;
  }

  /// Words, numbers, punctuation and spaces by themselves.
  private static String words(String number) {
    return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|%s| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
        .formatted(number);
  }

  private static void split(ArrayNode steps, String pattern) {
    ObjectNode step = steps.addObject().put("type", "Split");
    step.putObject("pattern").put("Regex", pattern);
    step.put("behavior", "Isolated").put("invert", false);
  }

  private static void byteLevel(ArrayNode steps, boolean ownPattern) {
    steps
        .addObject()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", ownPattern);
  }

  /// The one that a `tokenizer.json` has; empty for those that JLaVA does not know.
  static Optional<PreTokenizer> of(JsonNode preTokenizer) {
    List<String> steps = summary(preTokenizer);
    return Arrays.stream(values()).filter(p -> summary(p.json()).equals(steps)).findFirst();
  }

  /// What matters of each step.
  private static List<String> summary(JsonNode json) {
    List<String> steps = new ArrayList<>();
    if (json.path("type").asText().equals("Sequence")) {
      json.path("pretokenizers").forEach(step -> steps.addAll(summary(step)));
      return steps;
    }
    String type = json.path("type").asText();
    return List.of(
        switch (type) {
          case "Split" ->
              type
                  + json.path("pattern").path("Regex").asText()
                  + json.path("behavior").asText()
                  + json.path("invert").asBoolean();
          case "Digits" -> type + json.path("individual_digits").asBoolean();
          case "ByteLevel" ->
              type
                  + json.path("add_prefix_space").asBoolean()
                  + json.path("use_regex").asBoolean(true);
          default -> json.toString();
        });
  }
}
