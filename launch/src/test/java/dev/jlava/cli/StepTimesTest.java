package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Where `metrics.jsonl` says that the time of a step went.
final class StepTimesTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theTimesOfAStepAddUp(boolean inBackward) throws Exception {
    TinyRun tiny = new TinyRun(directory);
    CommandRun run =
        tiny.train(
            "stages.align.train.decoder.lr=1e-3",
            "stages.align.batch.micro_size=4",
            "stages.align.optimizer.clip_norm=0",
            "stages.align.optimizer.in_backward=" + inBackward,
            "checkpoint.every=1");
    assertThat(run.errors()).isEmpty();
    ObjectMapper json = new ObjectMapper();
    int steps = 0;
    for (String line : Files.readAllLines(directory.resolve("run/metrics.jsonl"))) {
      JsonNode metrics = json.readTree(line);
      JsonNode time = metrics.get("time");
      List<String> names = new ArrayList<>();
      double sum = 0;
      for (var entry : time.properties()) {
        names.add(entry.getKey());
        double seconds = entry.getValue().asDouble();
        assertThat(seconds).as(line).isNotNegative();
        sum += entry.getKey().equals("checkpoint") ? 0 : seconds;
      }
      assertThat(names)
          .containsExactly("data", "vision", "forward", "backward", "optimizer", "checkpoint");
      assertThat(sum).as(line).isLessThanOrEqualTo(metrics.get("seconds").asDouble());
      assertThat(time.get("vision").asDouble()).isPositive();
      assertThat(time.get("backward").asDouble()).isPositive();
      assertThat(time.get("optimizer").asDouble()).isPositive();
      assertThat(time.get("checkpoint").asDouble() > 0).as(line).isEqualTo(steps > 0);
      assertThat(metrics.get("mfu").asDouble()).as(line).isPositive().isLessThan(1);
      steps++;
    }
    assertThat(steps).isEqualTo(6);
    JsonNode facts = json.readTree(directory.resolve("run/run.json").toFile());
    assertThat(facts.at("/machine/flops_per_second").asDouble()).isGreaterThan(1e8);
  }
}
