package dev.jlava.eval.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.data.DataException;
import dev.jlava.eval.report.RunData.Answer;
import dev.jlava.eval.report.RunData.Evaluation;
import dev.jlava.eval.report.RunData.Example;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunReportTest {
  private static final String EVIL =
      "</script><script>alert(\"1\")</script><img src=x onerror=alert(1)>";

  private final RunData data = SampleRun.data();
  @TempDir private Path directory;

  @Test
  void thePageShowsTheNumbers() throws IOException {
    Path page = RunReport.write(directory, data);
    assertThat(page).isEqualTo(directory.resolve("report.html"));
    assertThat(Files.readString(page))
        .contains("<title>quickstart – JLaVA</title>", "./jlava quickstart", "seed: 42")
        .contains("Stage: align", "Stage: instruct", "40 steps, loss 4.9 to ")
        .contains("82,368", "849,024", "frozen", "0.001")
        .contains("before stage 1", "after stage 2, blank image")
        .contains("90.0 %", "18 of 20", "20.0 %", "3 min 05 s", "812 MB")
        .contains("What colour is the star?", "data:image/");
    assertThat(directory).isDirectoryNotContaining("glob:**.partial");
  }

  @Test
  void everyElementThatOpensCloses() {
    String body = RunPage.html(data).replaceAll("(?s)<(style|script)[^>]*>.*?</\\1>", "");
    for (String element :
        List.of("section", "table", "tr", "td", "th", "figure", "svg", "g", "p", "dl", "span")) {
      assertThat(count(body, "<" + element + "[ >]"))
          .as(element)
          .isPositive()
          .isEqualTo(count(body, "</" + element + ">"));
    }
    assertThat(count(body, "<polyline")).isEqualTo(10);
  }

  @Test
  void nothingIsLoadedFromElsewhere() {
    String html = RunPage.html(data);
    assertThat(html)
        .doesNotContain("http://", "https://", "@import", "url(", "<link", " style=", "onclick=")
        .contains("default-src &#39;none&#39;; img-src data:; style-src &#39;sha256-");
  }

  @Test
  void textsCannotBecomeMarkup() {
    RunData hostile =
        new RunData(
            EVIL,
            EVIL,
            EVIL,
            EVIL,
            Map.of(EVIL, EVIL),
            data.stages(),
            List.of(new RunData.Part(EVIL, EVIL, 1, 1, null, EVIL)),
            List.of(new Evaluation(EVIL, false, Map.of(EVIL, new RunData.Tally(1, 2)))),
            List.of(new Example(EVIL, EVIL, EVIL, EVIL, List.of(new Answer(EVIL, false)))),
            List.of(new RunData.Cost(EVIL, 1, null)));
    String html = RunPage.html(hostile);
    assertThat(html).contains("&lt;script&gt;alert(&quot;1&quot;)").doesNotContain("<img");
    assertThat(count(html, "<script>")).isEqualTo(1);
    assertThat(count(html, "<script type=\"application/json\"")).isEqualTo(2);
    assertThat(count(html, "</script>")).isEqualTo(3);
    assertThat(RunText.of(hostile).replaceAll("(?s)```.*?```", "")).doesNotContain("<");
  }

  @Test
  void theFactsAreAlsoJsonAndMarkdown() throws IOException {
    RunReport.write(directory, data);
    JsonNode json = new ObjectMapper().readTree(directory.resolve("report.json").toFile());
    assertThat(json.at("/stages/1/steps").size()).isEqualTo(120);
    assertThat(json.at("/stages/0/steps/3/learningRates/projector").asDouble()).isPositive();
    assertThat(json.at("/evaluations/2/kinds/colour/right").asInt()).isEqualTo(18);
    assertThat(json.at("/examples/0/answers/2/right").asBoolean()).isTrue();
    assertThat(Files.readString(directory.resolve("report.md")))
        .contains("| colour | 5.0 % | 35.0 % | 90.0 % | 20.0 % |")
        .contains("| stage instruct | 2 min 23 s | 812 MB |")
        .contains("```\n./jlava quickstart\n```");
  }

  /// Of `eval: { every: … }`; MME's undefined figure has no place on its curve.
  @Test
  void scoresOnTheWayAreCurvesOfTheirTasks() throws IOException {
    Files.writeString(directory.resolve("resolved.yaml"), "name: asked\nstages:\n- name: align\n");
    String step =
        "{\"stage\":\"align\",\"step\":%d,\"loss\":4,\"lr\":{},\"tokens\":1,\"seconds\":1%s}\n";
    Files.writeString(
        directory.resolve("metrics.jsonl"),
        step.formatted(1, "")
            + step.formatted(2, ",\"eval\":{\"pope\":50.5,\"mme\":NaN}")
            + step.formatted(4, ",\"eval\":{\"pope\":61,\"mme\":700}"));
    assertThat(Files.readString(RunReport.write(directory)))
        .contains("data-name=\"pope\" data-values=\"2:50.5 4:61\"")
        .contains("data-name=\"mme\" data-values=\"4:700\"");
    assertThat(Files.readString(directory.resolve("report.md")))
        .contains("| align | 2 | pope | 50.5 |", "| align | 4 | mme | 700.0 |")
        .doesNotContain("NaN");
    JsonNode json = new ObjectMapper().readTree(directory.resolve("report.json").toFile());
    assertThat(json.at("/stages/0/scores/1/figures/pope").asDouble()).isEqualTo(61);
  }

  @Test
  void aRunThatHasJustBegunHasAReportToo() throws IOException {
    Files.writeString(
        directory.resolve("resolved.yaml"), "name: young\nstages:\n- name: align\n  steps: 3\n");
    assertThat(Files.readString(RunReport.write(directory)))
        .contains("The run is not finished.", "no step was taken", "resolved.yaml --set output")
        .doesNotContain("id=\"answers\"", "id=\"accuracy\"", "NaN");
  }

  @Test
  void aHalfWrittenLineOfMetricsIsOfTheStepThatIsBeingDone() throws IOException {
    Files.writeString(directory.resolve("resolved.yaml"), "name: young\nstages:\n- name: align\n");
    Files.writeString(
        directory.resolve("metrics.jsonl"),
        """
        {"stage":"align","step":1,"loss":4.5,"lr":{"projector":0.1},"tokens":10,"seconds":2}
        {"stage":"align","step":2,"lo\
        """);
    RunReport.write(directory, "./jlava train r.yaml");
    assertThat(Files.readString(RunReport.write(directory)))
        .contains("1 step, loss 4.5 to 4.5", "./jlava train r.yaml");
  }

  @Test
  void whatIsNoRunIsRefused() {
    assertThatThrownBy(() -> RunReport.write(directory))
        .isInstanceOf(DataException.class)
        .hasMessage(
            directory
                + ": not a run (found no resolved.yaml); name a directory that `train`,"
                + " `quickstart` or `eval` writes");
  }

  @Test
  void anAnswerWithoutItsEvaluationIsRefused() {
    assertThatThrownBy(() ->
            new RunData(
                "t",
                "",
                "",
                "",
                Map.of(),
                List.of(),
                List.of(),
                List.of(),
                data.examples(),
                List.of()))
        .hasMessageContaining("What colour is the star?")
        .hasMessageContaining("4 answers (expected at most one for each of 0 evaluations)");
  }

  private static long count(String text, String pattern) {
    return Pattern.compile(pattern).matcher(text).results().count();
  }
}
