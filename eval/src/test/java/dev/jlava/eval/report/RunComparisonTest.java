package dev.jlava.eval.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.eval.task.Evaluation;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunComparisonTest {
  @TempDir private Path directory;

  @Test
  void curvesRecipesMetricsAndAnswersStandSideBySide() throws IOException {
    List<Path> runs =
        List.of(sample(directory, "slow", 0.001, 6), sample(directory, "fast", 0.002, 9));
    Path page = RunComparison.write(runs, directory.resolve("out"));
    assertThat(Files.readString(page))
        .contains(
            "stages.0.train.projector.lr", "<td>0.001</td><td>0.002</td>", "data-name=\"fast\"")
        .doesNotContain("stages.0.name", "NaN");
    JsonNode json = new ObjectMapper().readTree(directory.resolve("out/comparison.json").toFile());
    assertThat(json.path("settings")).hasSize(1);
    JsonNode metrics = json.at("/stages/0/metrics/1");
    assertThat(metrics.path("steps").asInt()).isEqualTo(20);
    assertThat(metrics.path("firstLoss").asDouble()).isEqualTo(4);
    // 4 / i over the last ten of twenty steps
    assertThat(metrics.path("lastLoss").asDouble()).isEqualTo(0.267508, within(1e-6));
    assertThat(metrics.path("tokensPerSecond").asDouble()).isEqualTo(200);
    assertThat(json.at("/runs/1/kinds/colour/right").asInt()).isEqualTo(9);
    assertThat(json.at("/pairs/0/difference/mean").asDouble()).isEqualTo(30);
    assertThat(Files.readString(directory.resolve("out/comparison.md")))
        .contains("| stages.0.train.projector.lr | 0.001 | 0.002 |", "| colour | 60.0 % | 90.0 % |")
        .contains("fast against slow: +30.0 points", "p = 0.250 (10 questions")
        .contains("| align, pope | 60.0 (step 20) | 90.0 (step 20) |");
    assertThat(Files.readString(page))
        .contains("data-name=\"slow\" data-values=\"10:30 20:60\"")
        .contains("data-name=\"fast\" data-values=\"10:45 20:90\"");
  }

  @Test
  void aRunThatHasJustBegunIsComparedToo() throws IOException {
    Path young = Files.createDirectories(directory.resolve("young"));
    Files.writeString(young.resolve("resolved.yaml"), "name: young\nstages:\n- name: other\n");
    Path page =
        RunComparison.write(
            List.of(sample(directory, "slow", 0.001, 6), young), directory.resolve("out"));
    assertThat(Files.readString(page))
        .contains("not finished", "Stage: align", "Stage: other", "<td>–</td>")
        .doesNotContain("id=\"answers\"", "NaN");
  }

  @Test
  void whatIsNoRunIsRefused() throws IOException {
    Path run = sample(directory, "slow", 0.001, 6);
    assertThatThrownBy(() -> RunComparison.write(List.of(run, directory.resolve("no")), directory))
        .hasMessageContaining("no: not a run (no such directory)");
  }

  /// A run with one stage of twenty steps, asked on the way after ten and twenty, and ten questions
  /// of which some are answered right.
  static Path sample(Path directory, String name, double rate, int right) throws IOException {
    Path run = directory.resolve(name);
    Files.createDirectories(run.resolve("final"));
    Files.writeString(
        run.resolve("resolved.yaml"),
        "name: sample\nstages:\n- name: align\n  train:\n    projector:\n      lr: " + rate + "\n");
    Files.writeString(
        run.resolve("run.json"),
        "{\"begun\":\"2026-01-01T00:00:00Z\",\"versions\":{\"jlava\":\"0123abc\"}}");
    StringBuilder metrics = new StringBuilder();
    for (int i = 1; i <= 20; i++) {
      metrics.append(
          String.format(
              Locale.ROOT,
              "{\"stage\":\"align\",\"step\":%d,\"loss\":%s,\"lr\":{\"projector\":%s},\"tokens\":100,\"seconds\":0.5,\"memory_mb\":70%s}%n",
              i,
              4.0 / i,
              rate / i,
              i % 10 == 0 ? ",\"eval\":{\"pope\":" + right * i / 2 + "}" : ""));
    }
    Files.writeString(run.resolve("metrics.jsonl"), metrics);
    List<Evaluation.Answered> answers = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      boolean good = i < right;
      answers.add(
          new Evaluation.Answered(
              "q" + i,
              Golden.path("train/images/00.png").toString(),
              "colour",
              "Which colour " + i + "?",
              "red",
              good ? "red" : "blue",
              good));
    }
    new Evaluation("after align", false, 3, answers).write(RunReport.evaluationFile(run, 0));
    return run;
  }
}
