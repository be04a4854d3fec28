package dev.jlava.checkpoint;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a checkpoint holds, as its `manifest.json` says; without a valid one it is no checkpoint.
///
/// @param stage the stage's name
/// @param step optimizer steps of the stage that are done
/// @param finished whether the stage is; then there is no optimizer state
/// @param metricsBytes length of `metrics.jsonl` when it was written
/// @param recipe SHA-256 of the resolved recipe
/// @param validationLoss the held-out loss after the step, where it was measured
/// @param files size and SHA-256 of every file, by path within the checkpoint
public record Manifest(
    String stage,
    int step,
    boolean finished,
    @JsonProperty("metrics_bytes") long metricsBytes,
    @JsonProperty("recipe_sha256") String recipe,
    @JsonProperty("validation_loss") @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable Double validationLoss,
    Map<String, Content> files) {

  Manifest with(Map<String, Content> files) {
    return new Manifest(stage, step, finished, metricsBytes, recipe, validationLoss, files);
  }

  /// One file.
  public record Content(long bytes, String sha256) {}
}
