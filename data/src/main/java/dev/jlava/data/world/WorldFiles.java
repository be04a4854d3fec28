package dev.jlava.data.world;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.data.conversation.Turn;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;

/// The files of a world: samples in LLaVA's JSON, questions as JSON lines, pictures as PNG.
final class WorldFiles {
  private final Path directory;
  private final ObjectMapper json = new ObjectMapper();
  private final List<Map<String, Object>> entries = new ArrayList<>();
  private final List<Map<String, Object>> scenes = new ArrayList<>();

  WorldFiles(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory);
    ImageIO.setUseCache(false);
  }

  /// A sample with a picture, which its first turn is about.
  void add(String set, Scene scene, List<Turn> turns) throws IOException {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("id", id(set));
    entry.put("image", picture(set, scene));
    entry.put("conversations", conversation(turns, "<image>\n"));
    entries.add(entry);
    scenes.add(symbolic(entry, scene));
  }

  /// A sample of text alone.
  void add(String set, List<Turn> turns) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("id", id(set));
    entry.put("conversations", conversation(turns, ""));
    entries.add(entry);
  }

  void addQuestion(Scene scene, Question question) throws IOException {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("question_id", entries.size());
    entry.put("image", picture("eval", scene));
    entry.put("text", question.text());
    entry.put("answer", question.answer());
    entry.put("category", question.kind().word());
    entries.add(entry);
    scenes.add(symbolic(entry, scene));
  }

  /// Writes what was added since the last call as a set; nothing when nothing was.
  void finish(String set) throws IOException {
    if (entries.isEmpty()) {
      return;
    }
    if (set.equals("eval")) {
      writeLines("eval.jsonl", entries);
    } else {
      try (BufferedWriter writer = Files.newBufferedWriter(directory.resolve(set + ".json"))) {
        json.writerWithDefaultPrettyPrinter().writeValue(writer, entries);
      }
    }
    writeLines(set + ".scenes.jsonl", scenes);
    entries.clear();
    scenes.clear();
  }

  private void writeLines(String name, List<Map<String, Object>> objects) throws IOException {
    try (BufferedWriter writer = Files.newBufferedWriter(directory.resolve(name));
        JsonGenerator generator = json.createGenerator(writer)) {
      generator.setRootValueSeparator(null);
      for (Map<String, Object> object : objects) {
        json.writeValue(generator, object);
        generator.writeRaw('\n');
      }
    }
  }

  private static Map<String, Object> symbolic(Map<String, Object> entry, Scene scene) {
    Map<String, Object> symbols = new LinkedHashMap<>();
    if (entry.containsKey("image")) {
      symbols.put("image", entry.get("image"));
    }
    symbols.put("captions", SceneText.captions(scene));
    symbols.put("boxes", SceneText.boxes(scene));
    return symbols;
  }

  private String id(String set) {
    return "%s-%06d".formatted(set, entries.size());
  }

  private String picture(String set, Scene scene) throws IOException {
    Path images = Files.createDirectories(directory.resolve("images").resolve(set));
    String name = "%06d.png".formatted(entries.size());
    ImageIO.write(SceneRenderer.render(scene), "png", images.resolve(name).toFile());
    return set + "/" + name;
  }

  private static List<Map<String, String>> conversation(List<Turn> turns, String mark) {
    List<Map<String, String>> conversation = new ArrayList<>();
    for (Turn turn : turns) {
      String from = turn.role() == Turn.Role.USER ? "human" : "gpt";
      String value = conversation.isEmpty() ? mark + turn.text() : turn.text();
      Map<String, String> entry = new LinkedHashMap<>();
      entry.put("from", from);
      entry.put("value", value);
      conversation.add(entry);
    }
    return conversation;
  }
}
