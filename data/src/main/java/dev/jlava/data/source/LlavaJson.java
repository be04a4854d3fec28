package dev.jlava.data.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.data.DataException;
import dev.jlava.data.conversation.Turn;
import dev.jlava.data.conversation.Turn.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// LLaVA's training format: a JSON list, or JSON Lines, of `{"id", "image", "conversations":
/// [{"from", "value"}]}`.
public final class LlavaJson {
  private final Path file;
  private final Path images;

  private LlavaJson(Path file, Path images) {
    this.file = file;
    this.images = images;
  }

  /// All samples of a file; image paths are taken relative to a folder.
  public static List<Sample> read(Path file, Path images) {
    if (!Files.isRegularFile(file)) {
      throw new DataException(file + ": no such file; check the stage's data path");
    }
    List<Sample> samples = new ArrayList<>();
    LlavaJson reader = new LlavaJson(file, images);
    reader.each(json -> samples.add(reader.sample(json, samples.size())));
    if (samples.isEmpty()) {
      throw new DataException(file + ": holds no samples; check the stage's data path");
    }
    return samples;
  }

  private void each(Consumer<JsonNode> action) {
    ObjectMapper mapper = new ObjectMapper();
    try (MappingIterator<JsonNode> items =
        mapper.readerFor(JsonNode.class).readValues(file.toFile())) {
      while (items.hasNextValue()) {
        action.accept(items.nextValue());
      }
    } catch (JsonProcessingException e) {
      throw new DataException(
          file
              + ":"
              + e.getLocation().getLineNr()
              + ":"
              + e.getLocation().getColumnNr()
              + ": broken JSON ("
              + e.getOriginalMessage()
              + "); repair the file",
          e);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read (" + e + ")", e);
    }
  }

  private Sample sample(JsonNode json, int index) {
    String origin = file + "[" + index + "]";
    JsonNode conversations = json.path("conversations");
    if (!conversations.isArray()) {
      throw new DataException(
          origin
              + ": no conversations (found "
              + (json.isObject() ? "keys " + keys(json) : json.getNodeType())
              + ", expected a list under 'conversations'); is this LLaVA's JSON?");
    }
    List<Turn> turns = new ArrayList<>();
    for (JsonNode turn : conversations) {
      turns.add(new Turn(role(turn, origin), text(turn, origin)));
    }
    String id = json.has("id") ? json.get("id").asText() : Integer.toString(index);
    return new Sample(id, images(json.path("image"), origin), turns, origin);
  }

  private static List<String> keys(JsonNode json) {
    List<String> keys = new ArrayList<>();
    json.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  private static Role role(JsonNode turn, String origin) {
    String from = turn.path("from").asText();
    return switch (from) {
      case "human", "user" -> Role.USER;
      case "gpt", "assistant" -> Role.ASSISTANT;
      default ->
          throw new DataException(
              origin + ": role '" + from + "' is not known (expected human or gpt in 'from')");
    };
  }

  private static String text(JsonNode turn, String origin) {
    JsonNode value = turn.path("value");
    if (!value.isTextual()) {
      throw new DataException(
          origin
              + ": a turn has no text (found "
              + (value.isMissingNode() ? "keys " + keys(turn) : value)
              + ", expected a string under 'value'); repair the file");
    }
    return value.asText();
  }

  private List<Path> images(JsonNode image, String origin) {
    List<Path> all = new ArrayList<>();
    if (image.isMissingNode() || image.isNull()) {
      return all;
    }
    for (JsonNode one : image.isArray() ? image : List.of(image)) {
      if (!one.isTextual()) {
        throw new DataException(
            origin
                + ": 'image' names no file (found "
                + one
                + ", expected a file name or a list of them); repair the file");
      }
      all.add(images.resolve(one.asText()));
    }
    return all;
  }
}
