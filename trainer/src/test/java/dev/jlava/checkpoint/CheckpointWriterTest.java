package dev.jlava.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jlava.weights.Dtype;
import dev.jlava.weights.SafetensorsWriter;
import dev.jlava.weights.WeightFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Checkpoints that are written while training goes on, and which of them stay.
final class CheckpointWriterTest {
  @TempDir Path run;
  private Path stages = Path.of("");

  @BeforeEach
  void begin() {
    stages = run.resolve("stages");
  }

  private final MemorySegment weight = MemorySegment.ofArray(new float[] {1, 2});

  @Test
  void whatIsWrittenIsWhatTheTensorsWereWhenItWasAskedFor() {
    try (CheckpointWriter writer = writer(new Keep(2, null, false))) {
      writer.write(place(1, null), contents());
      weight.setAtIndex(ValueLayout.JAVA_FLOAT, 0, 7);
      writer.await();
      assertThat(written(1)).containsExactly(1, 2);
      writer.write(place(2, null), contents());
    }
    assertThat(written(2)).containsExactly(7, 2);
    assertThat(names()).containsExactly("step-000001", "step-000002");
  }

  @Test
  void aFaultIsReportedOnceAndLaterAndTheCheckpointsBeforeStay() throws Exception {
    try (CheckpointWriter writer = writer(new Keep(2, null, false))) {
      writer.write(place(1, null), contents());
      Manifest tooLong = new Manifest("x".repeat(300), 2, false, 0, "", null, Map.of());
      writer.write(tooLong, contents());
      assertThatThrownBy(() -> settle(writer))
          .isInstanceOf(CheckpointException.class)
          .hasMessageStartingWith(stages.toString())
          .hasMessageContaining("step-000002: the checkpoint cannot be written (")
          .hasMessageContaining("earlier checkpoints are kept. Make room");
      writer.check();
      assertThat(Checkpoints.open(stages.resolve("one/step-000001")).manifest().step())
          .isEqualTo(1);
      writer.write(place(3, null), contents());
    }
    assertThat(names()).containsExactly("step-000001", "step-000003");
  }

  private static void settle(CheckpointWriter writer) throws InterruptedException {
    for (int i = 0; i < 1000; i++) {
      writer.check();
      Thread.sleep(10);
    }
  }

  @Test
  void multiplesAndTheLowestLossStay() throws IOException {
    Keep keep = new Keep(1, 4, true);
    try (CheckpointWriter writer = writer(keep)) {
      for (int step = 1; step <= 7; step++) {
        writer.write(place(step, step == 1 ? null : Math.abs(step - 3) + 0.5), contents());
      }
    }
    assertThat(names()).containsExactly("best", "step-000003", "step-000004", "step-000007");
    Path best = stages.resolve("one/best");
    assertThat(Files.readSymbolicLink(best)).isEqualTo(Path.of("step-000003"));
    assertThat(Checkpoints.open(best).manifest().validationLoss()).isEqualTo(0.5);
    Checkpoints checkpoints = new Checkpoints(stages, keep);
    assertThat(checkpoints.lowestLoss("one", 7)).hasValue(0.5);
    assertThat(checkpoints.lowestLoss("one", 2)).isEmpty();
    assertThat(checkpoints.lowestLoss("two", 7)).isEmpty();
    assertThat(Checkpoints.all(run))
        .as("the link is not another checkpoint")
        .extracting(p -> p.getFileName().toString())
        .containsExactly("step-000003", "step-000004", "step-000007");
  }

  private CheckpointWriter writer(Keep keep) {
    return new CheckpointWriter(new Checkpoints(stages, keep), true);
  }

  private static Manifest place(int step, @Nullable Double validationLoss) {
    return new Manifest("one", step, false, 0, "", validationLoss, Map.of());
  }

  private Checkpoints.Contents contents() {
    SafetensorsWriter.Item item =
        new SafetensorsWriter.Item("w", Dtype.F32, new long[] {2}, _ -> weight);
    return new Checkpoints.Contents(List.of(item), List.of(item));
  }

  private float[] written(int step) {
    Path file =
        stages.resolve("one/step-%06d".formatted(step)).resolve("weights/model.safetensors");
    try (WeightFiles files = WeightFiles.open(file)) {
      return Objects.requireNonNull(files.entries().get("w"))
          .data()
          .toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }
  }

  private List<String> names() {
    try (Stream<Path> found = Files.list(stages.resolve("one"))) {
      return found.map(p -> p.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
