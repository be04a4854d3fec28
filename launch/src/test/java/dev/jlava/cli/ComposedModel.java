package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A decoder by itself and a tower by itself, and recipes that put a model together from them.
final class ComposedModel {
  static final Path TOWER = Golden.path("llava/original/clip_tower");

  private ComposedModel() {}

  /// Writes the golden model's decoder into a directory of its own.
  static Path decoder(Path directory) throws IOException {
    Path gguf = directory.resolve("gguf");
    export(Golden.path("train/hf"), "gguf", "fp32", gguf);
    Files.delete(gguf.resolve("mmproj-model-fp32.gguf"));
    Path decoder = directory.resolve("decoder");
    export(gguf.resolve("model-fp32.gguf"), "hf", "fp32", decoder);
    return decoder;
  }

  private static void export(Path model, String layout, String dtype, Path out) {
    CommandRun ran = exported(model, layout, out, "--dtype", dtype);
    assertThat(ran.code()).as(ran.errors()).isZero();
  }

  /// Runs `model export`.
  static CommandRun exported(Path model, String layout, Path out, String... more) {
    List<String> command = new ArrayList<>(List.of("model", "export"));
    command.addAll(List.of("--model", model.toString(), "--to", layout, "--out", out.toString()));
    command.addAll(List.of(more));
    return CommandRun.of(command);
  }

  /// A recipe of one stage of two steps.
  ///
  /// @param model the keys of `model`
  /// @param train the keys of `train`
  static Path recipe(Path run, String model, String train) throws IOException {
    return Files.writeString(
        run.resolveSibling(run.getFileName() + ".yaml"),
        """
        name: composed
        output: %s
        model: { %s, max_tokens: 512 }
        runtime: { precision: fp32, threads: 1 }
        stages:
          - name: adapt
            train: { %s }
            data: [ { path: %s, images: %s } ]
            template: v1
            image: { aspect: pad }
            order: { shuffle: false }
            steps: 2
            batch: { size: 4, micro_size: 4 }
        """
            .formatted(
                run, model, train, Golden.path("train/data.json"), Golden.path("train/images")));
  }

  static final String LORA =
      "projector: { lr: 1e-2 }, decoder: { lr: 1e-2, adapter: { r: 4, alpha: 64 } }";
}
