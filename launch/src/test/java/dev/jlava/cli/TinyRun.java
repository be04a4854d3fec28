package dev.jlava.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// A run of `train` on copies of the golden model, captions and images, which a test may damage:
/// six steps of four samples, p0 to p23, that train the projector.
final class TinyRun {
  final Path directory;
  final Path model;
  final Path data;
  final Path images;
  private final Path recipe;

  TinyRun(Path directory) throws IOException {
    this.directory = directory;
    this.model = copy("train/hf", directory.resolve("model"));
    this.images = copy("train/images", directory.resolve("images"));
    this.data = directory.resolve("data.json");
    Files.copy(Golden.path("train/pretrain.json"), data);
    this.recipe =
        Files.writeString(
            directory.resolve("recipe.yaml"),
            """
            name: tiny
            output: %s
            model: { path: %s, max_tokens: 512 }
            runtime: { precision: fp32, threads: 1 }
            stages:
              - name: align
                train: { projector: { lr: 1e-3 } }
                data: [ { path: %s, images: %s } ]
                template: plain
                order: { shuffle: false }
                batch: { size: 4, micro_size: 2 }
                problems: { too_long: error, bad_image: error, allowed: 0 }
            """
                .formatted(output("run"), model, data, images));
  }

  private static Path copy(String golden, Path target) throws IOException {
    Files.createDirectories(target);
    try (Stream<Path> files = Files.list(Golden.path(golden))) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(file.getFileName()));
      }
    }
    return target;
  }

  /// Runs the recipe with some values replaced: `stages.align.steps=2`.
  CommandRun train(String... settings) {
    List<String> arguments = new ArrayList<>(List.of("train", recipe.toString()));
    for (String setting : settings) {
      arguments.addAll(List.of("--set", setting));
    }
    return CommandRun.of(arguments);
  }

  Path output(String name) {
    return directory.resolve(name);
  }

  Path checkpoint(int step) {
    return directory.resolve("run/stages/align/step-%06d/manifest.json".formatted(step));
  }

  String log() throws IOException {
    return Files.readString(directory.resolve("run/log.txt"));
  }

  /// The metrics of a run of this directory but for those of time and memory.
  List<JsonNode> metrics(String run) throws IOException {
    return numbers(directory.resolve(run));
  }

  /// The metrics of any run but for those of time and memory: what equal runs have in common.
  static List<JsonNode> numbers(Path run) throws IOException {
    Path file = run.resolve("metrics.jsonl");
    List<JsonNode> all = new ArrayList<>();
    for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
      ObjectNode metrics = (ObjectNode) new ObjectMapper().readTree(line);
      metrics.remove(List.of("seconds", "time", "memory_mb", "mfu"));
      all.add(metrics);
    }
    return all;
  }

  /// Deletes a directory and what is in it.
  static void delete(Path path) throws IOException {
    try (Stream<Path> inside = Files.walk(path)) {
      for (Path each : inside.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  List<Double> losses(String run) throws IOException {
    return metrics(run).stream().map(m -> m.get("loss").asDouble()).toList();
  }

  Path weights(String run) {
    return directory.resolve(run).resolve("final/model.safetensors");
  }
}
