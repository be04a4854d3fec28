package dev.jlava.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.data.conversation.Template;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Hugging Face's chat templates (Jinja programs), of which only is asked which [Template] writes
/// the same roles and separators. The first rule whose texts all occur decides.
final class ChatTemplates {
  private static final String ROLE_IN_CAPITALS = ".upper()";
  private static final List<Rule> RULES =
      List.of(
          new Rule("llava_v1", "curious human", "USER:", "ASSISTANT:"),
          new Rule("vicuna_v1", "USER:", "ASSISTANT:"),
          new Rule("vicuna_v1", ROLE_IN_CAPITALS, "ASSISTANT:"),
          new Rule("llava_v0", "###", "Human", "Assistant"),
          new Rule("llava_llama_2", "<<SYS>>", "[INST]"),
          new Rule("mistral_instruct", "[INST]"),
          new Rule("mpt", "LLM-based AI assistant", "<|im_start|>"),
          new Rule("chatml_direct", "Answer the questions.", "<|im_start|>"),
          new Rule("chatml", "<|im_start|>"));

  private ChatTemplates() {}

  /// A template and the texts that give it away.
  private record Rule(String template, List<String> texts) {
    Rule(String template, String... texts) {
      this(template, List.of(texts));
    }

    boolean fits(String program) {
      return texts.stream().allMatch(program::contains);
    }
  }

  /// The template of a model directory's chat template; empty where it has none, or an unknown one.
  static Optional<Template> recognise(Path directory) {
    return program(directory)
        .flatMap(program -> RULES.stream().filter(rule -> rule.fits(program)).findFirst())
        .map(rule -> Template.named(rule.template()));
  }

  /// The program that a processor would run: its own file comes before the tokenizer's.
  private static Optional<String> program(Path directory) {
    return Stream.of(
            text(directory.resolve("chat_template.jinja")),
            key(directory.resolve("chat_template.json")),
            key(directory.resolve("processor_config.json")),
            key(directory.resolve("tokenizer_config.json")))
        .flatMap(Optional::stream)
        .findFirst();
  }

  private static Optional<String> text(Path file) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readString(file));
    } catch (IOException e) {
      throw new ModelException(file + ": cannot be read (" + e + ")", e);
    }
  }

  /// One program, or several by name of which `default` counts.
  private static Optional<String> key(Path file) {
    JsonNode value = ModelCard.json(file).path("chat_template");
    if (value.isTextual()) {
      return Optional.of(value.asText());
    }
    for (JsonNode one : value) {
      if (one.path("name").asText().equals("default")) {
        return Optional.of(one.path("template").asText());
      }
    }
    return Optional.empty();
  }
}
