package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReportCommandTest {
  @TempDir Path directory;

  @Test
  void trainingWritesAReportThatCanBeMadeAgain() throws IOException {
    TinyRun tiny = new TinyRun(directory);
    CommandRun trained = tiny.train("stages.align.steps=2");
    Path run = tiny.output("run");
    assertThat(trained.out()).contains("The report is in " + run.resolve("report.html"));
    JsonNode report = json(run);
    assertThat(report.at("/stages/0/steps")).hasSize(2);
    assertThat(report.path("parts")).hasSize(3);
    assertThat(report.at("/parts/1/part").asText()).isEqualTo("projector");
    assertThat(report.at("/parts/1/trained").asLong())
        .isEqualTo(report.at("/parts/1/parameters").asLong())
        .isPositive();
    assertThat(report.at("/parts/2/trained").asLong()).isZero();
    assertThat(report.path("command").asText())
        .endsWith("recipe.yaml --set stages.align.steps=2")
        .startsWith("./jlava train ");

    String page = Files.readString(run.resolve("report.html"));
    Files.delete(run.resolve("report.html"));
    assertThat(report(run).code()).isZero();
    assertThat(run.resolve("report.html")).hasContent(page);
  }

  @Test
  void severalRunsAreComparedAndARunThatStoppedIsOneOfThem() throws IOException {
    TinyRun tiny = new TinyRun(directory);
    tiny.train("stages.align.steps=2");
    tiny.train("stages.align.steps=3", "output=" + tiny.output("other"));
    Files.move(tiny.output("other/final"), directory.resolve("moved"));
    Path out = directory.resolve("side-by-side");
    CommandRun compared =
        CommandRun.of(
            List.of(
                "report",
                tiny.output("run").toString(),
                tiny.output("other").toString(),
                "--out",
                out.toString()));
    assertThat(compared.out()).contains("The comparison is in " + out.resolve("comparison.html"));
    assertThat(Files.readString(out.resolve("comparison.md")))
        .contains("| stages.0.steps | 2 | 3 |", "not finished")
        .contains("| align | run | 2 |", "| align | other | 3 |");
  }

  @Test
  void runsAndEvaluationsDoNotGoIntoOneReport() throws IOException {
    TinyRun tiny = new TinyRun(directory);
    tiny.train("stages.align.steps=1");
    Path run = tiny.output("run");
    Path evaluation = Files.createDirectories(directory.resolve("evaluation"));
    Files.writeString(evaluation.resolve("eval.json"), "{\"models\": [], \"settings\": {}}");
    CommandRun mixed = report(run, evaluation);
    assertThat(mixed.code()).isEqualTo(1);
    assertThat(mixed.errors())
        .contains(evaluation + ": an evaluation beside the run " + run + "; runs are compared with")
        .contains("a run's own is its folder eval");
    assertThat(report(evaluation, run).errors())
        .contains(run + ": no evaluation beside the evaluation " + evaluation);
    Path out = directory.resolve("side-by-side");
    CommandRun two =
        CommandRun.of(
            List.of(
                "report", evaluation.toString(), evaluation.toString(), "--out", out.toString()));
    assertThat(two.out()).contains("The comparison is in " + out.resolve("comparison.html"));
  }

  @Test
  void aDirectoryWithoutARunIsRefused() {
    CommandRun refused = report(directory);
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.errors()).contains(directory + ": not a run");
  }

  private static CommandRun report(Path... directories) {
    List<String> arguments = new ArrayList<>(List.of("report"));
    for (Path each : directories) {
      arguments.add(each.toString());
    }
    return CommandRun.of(arguments);
  }

  private static JsonNode json(Path run) throws IOException {
    return new ObjectMapper().readTree(run.resolve("report.json").toFile());
  }
}
