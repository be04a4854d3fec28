package dev.jlava.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.data.conversation.Template;
import dev.jlava.data.image.Aspect;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// What a model directory says about asking its model: the template that its answers were learned
/// with, and what becomes of an image that is not square. A trained model keeps both in
/// `jlava.json`; of another's directory they are read off its chat template and `config.json`.
///
/// @param template empty where the directory does not tell
/// @param aspect [Aspect#SQUARE] where the directory does not tell, as transformers has it
public record ModelCard(Optional<Template> template, Aspect aspect) {
  private static final String FILE = "jlava.json";
  private static final List<String> KEYS = List.of("template", "aspect");

  /// Reads the card of a model directory.
  ///
  /// @throws ModelException where a file cannot be understood
  public static ModelCard read(Path directory) {
    return read(directory, new ModelCard(Optional.empty(), Aspect.SQUARE));
  }

  /// Reads the card of a directory that adds to a model.
  ///
  /// @param otherwise the model's card, for what the directory does not tell
  public static ModelCard read(Path directory, ModelCard otherwise) {
    Path file = directory.resolve(FILE);
    JsonNode own = json(file);
    for (Map.Entry<String, JsonNode> entry : own.properties()) {
      if (!KEYS.contains(entry.getKey())) {
        throw new ModelException(
            file + ": key '" + entry.getKey() + "' is not known (allowed template, aspect)");
      }
    }
    return new ModelCard(
        value(file, own, "template", Template::named)
            .or(() -> ChatTemplates.recognise(directory))
            .or(otherwise::template),
        value(file, own, "aspect", Aspect::named)
            .or(() -> {
              Path config = directory.resolve("config.json");
              return value(config, json(config), "image_aspect_ratio", Aspect::named);
            })
            .or(() -> padding(directory))
            .orElse(otherwise.aspect()));
  }

  /// Hugging Face's LlavaImageProcessor pads if `do_pad` says so.
  private static Optional<Aspect> padding(Path directory) {
    JsonNode processor = json(directory.resolve("preprocessor_config.json"));
    return processor.path("do_pad").asBoolean() ? Optional.of(Aspect.PAD) : Optional.empty();
  }

  private static <T> Optional<T> value(
      Path file, JsonNode json, String key, Function<String, T> named) {
    if (!json.hasNonNull(key)) {
      return Optional.empty();
    }
    try {
      return Optional.of(named.apply(json.get(key).asText()));
    } catch (DataException e) {
      throw new ModelException(file + ": " + key + ": " + e.getMessage(), e);
    }
  }

  /// The JSON object of a file, an empty one where there is no such file.
  static JsonNode json(Path file) {
    ObjectMapper mapper = new ObjectMapper();
    if (!Files.isRegularFile(file)) {
      return mapper.createObjectNode();
    }
    try {
      JsonNode json = mapper.readTree(file.toFile());
      if (json.isObject()) {
        return json;
      }
      throw new ModelException(file + ": not a JSON object (found " + json.getNodeType() + ")");
    } catch (IOException e) {
      throw new ModelException(file + ": not JSON (" + e.getMessage() + ")", e);
    }
  }

  /// Writes `jlava.json` into a model directory.
  public void write(Path directory) {
    ObjectNode json = new ObjectMapper().createObjectNode();
    template.ifPresent(t -> json.put("template", t.name()));
    json.put("aspect", aspect.text());
    Path file = directory.resolve(FILE);
    try {
      Files.writeString(file, json.toPrettyString() + "\n");
    } catch (IOException e) {
      throw new ModelException(file + ": cannot be written (" + e + ")", e);
    }
  }
}
