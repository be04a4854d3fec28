package dev.jlava.checkpoint;

import java.nio.file.Path;

/// A checkpoint whose files are as its manifest says.
public record Checkpoint(Path directory, Manifest manifest) {
  static final String WEIGHTS = "weights/model.safetensors";
  static final String STATE = "state/optimizer.safetensors";

  /// The run's directory: a checkpoint is `stages/NAME/step-000500` in it.
  public Path run() {
    return directory.toAbsolutePath().normalize().resolve("../../..").normalize();
  }

  /// The parts that have been trained so far, with Hugging Face's names.
  public Path weights() {
    return directory.resolve(WEIGHTS);
  }

  /// Moments, step counts and masters of the optimizer.
  public Path state() {
    return directory.resolve(STATE);
  }
}
