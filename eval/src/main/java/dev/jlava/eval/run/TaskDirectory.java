package dev.jlava.eval.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import dev.jlava.eval.json.WholeFile;
import dev.jlava.recipe.RecipeLoader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/// Where one model's answers to one task are: parts while they come in, then `answers.jsonl`; what
/// the answers depend on in `settings.json`; `score.json`.
final class TaskDirectory {
  private static final String SETTINGS = "settings.json";

  private final Path path;

  TaskDirectory(Path path) {
    this.path = path;
    try {
      Files.createDirectories(path);
    } catch (IOException e) {
      throw new DataException(path + ": cannot be made (" + e + "); choose another --out", e);
    }
  }

  Path path() {
    return path;
  }

  /// All answers, once all are there.
  Path answers() {
    return path.resolve("answers.jsonl");
  }

  Path score() {
    return path.resolve("score.json");
  }

  Path reviews() {
    return path.resolve("reviews.jsonl");
  }

  /// Notes what answers depend on, or checks that the answers that are here depend on the same.
  ///
  /// @throws DataException with every difference
  void settings(ObjectNode settings) {
    Path file = path.resolve(SETTINGS);
    if (!Files.exists(file)) {
      WholeFile.write(file, Json.prettyBytes(settings));
      return;
    }
    JsonNode before = Json.file(file).json();
    List<String> differences = RecipeLoader.differences(before.toString(), settings.toString());
    if (!differences.isEmpty()) {
      throw new DataException(
          path
              + ": holds answers to other settings; choose another --out, or take these changes"
              + " back:\n  "
              + String.join("\n  ", differences));
    }
  }

  /// Puts the parts of all shards together, if each is complete. Parts of one shard only are that
  /// shard's alone to write; this may be called by several processes.
  ///
  /// @param order the questions' places in the order that they are asked in
  /// @return whether all answers are there
  boolean merge(List<Shard> shards, List<Integer> order) {
    try (FileChannel channel =
        FileChannel.open(
            path.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.lock(); // Given back with the channel.
      if (Files.exists(answers())) {
        return true;
      }
      String[] lines = new String[order.size()];
      for (Shard shard : shards) {
        AnswerFile part = new AnswerFile(path.resolve(shard.file()));
        List<Integer> places = shard.of(order);
        List<Row> rows = part.rows();
        if (rows.size() < places.size()) {
          return false;
        }
        for (int i = 0; i < places.size(); i++) {
          lines[places.get(i)] = rows.get(i).json() + "\n";
        }
      }
      WholeFile.write(answers(), String.join("", lines));
      for (Shard shard : shards) {
        Files.deleteIfExists(path.resolve(shard.file()));
      }
      return true;
    } catch (IOException e) {
      throw new DataException(path + ": answers cannot be put together (" + e + ")", e);
    }
  }
}
