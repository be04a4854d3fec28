package dev.jlava.eval.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.eval.report.ReportData.Answer;
import dev.jlava.eval.report.ReportData.Evaluation;
import dev.jlava.eval.report.ReportData.Example;
import dev.jlava.eval.report.ReportData.Picture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReportTest {
  private final ReportData data = SampleReport.data();

  @Test
  void thePageShowsTheNumbers(@TempDir Path directory) throws IOException {
    Path page = Report.write(directory, data);
    assertThat(page).isEqualTo(directory.resolve("report.html"));
    assertThat(Files.readString(page))
        .contains("<title>quickstart – JLaVA</title>", "./jlava quickstart", "seed: 42")
        .contains("Stage: align", "Stage: instruct", "40 steps, loss 4.9 to ")
        .contains("82,368", "849,024", "frozen", "fp32", "0.001")
        .contains("before stage 1", "after stage 2, blank image")
        .contains("90.0 %", "18 of 20", "20.0 %", "3 min 05 s", "812 MB")
        .contains("What colour is the star?", "data:image/png;base64,iVBORw0KGgo");
    assertThat(directory).isDirectoryNotContaining("glob:**.partial");
  }

  @Test
  void everyElementThatOpensCloses() throws IOException {
    String body = Report.html(data).replaceAll("(?s)<(style|script)>.*?</\\1>", "");
    for (String element :
        List.of("section", "table", "tr", "td", "th", "figure", "svg", "g", "p", "dl", "span")) {
      assertThat(count(body, "<" + element + "[ >]"))
          .as(element)
          .isPositive()
          .isEqualTo(count(body, "</" + element + ">"));
    }
    assertThat(count(body, "<polyline")).isEqualTo(8);
    assertThat(count(body, "class=\"card\"")).isEqualTo(data.gallery().size());
  }

  @Test
  void nothingIsLoadedFromElsewhere() throws IOException {
    String html = Report.html(data);
    assertThat(html).doesNotContain("http://", "https://", "@import", "url(", "<link");
    List<String> sources =
        Pattern.compile("(?:src|href)=\"([^\"]{0,30})")
            .matcher(html)
            .results()
            .map(match -> match.group(1))
            .toList();
    assertThat(sources).hasSameSizeAs(data.gallery()).allMatch(s -> s.startsWith("data:image/"));
  }

  @Test
  void textsCannotBecomeMarkup() throws IOException {
    String evil = "<script>alert(\"1\")</script>";
    ReportData hostile =
        new ReportData(
            evil,
            evil,
            evil,
            evil,
            Map.of(evil, evil),
            data.stages(),
            List.of(new ReportData.Part(evil, evil, 1, 1, evil, null)),
            List.of(new Evaluation(evil, false, Map.of(evil, new ReportData.Tally(1, 2)))),
            List.of(
                new Example(
                    new Picture("image/png", new byte[] {1}),
                    evil,
                    evil,
                    evil,
                    List.of(new Answer(evil, false)))),
            List.of(new ReportData.Cost(evil, 1, null)));
    String html = Report.html(hostile);
    assertThat(html).doesNotContain(evil).contains("&lt;script&gt;alert(&quot;1&quot;)");
    assertThat(count(html, "<script>")).isEqualTo(1);
  }

  @Test
  void theFactsAreAlsoJson() throws IOException {
    JsonNode json = new ObjectMapper().readTree(Report.json(data));
    assertThat(json.at("/stages/1/steps").size()).isEqualTo(120);
    assertThat(json.at("/stages/0/steps/3/learningRates/projector").asDouble()).isPositive();
    assertThat(json.at("/evaluations/2/kinds/colour/right").asInt()).isEqualTo(18);
    assertThat(json.at("/gallery/0/answers/2/right").asBoolean()).isTrue();
  }

  @Test
  void aRunWithoutEvaluationHasAReportToo() throws IOException {
    ReportData bare =
        new ReportData(
            "bare",
            "",
            "./jlava train r.yaml",
            "name: bare",
            Map.of(),
            List.of(new ReportData.Stage("align", List.of(), List.of())),
            List.of(),
            List.of(),
            List.of(),
            List.of());
    assertThat(Report.html(bare))
        .contains("no step was taken")
        .doesNotContain("id=\"gallery\"", "id=\"accuracy\"", "NaN");
  }

  @Test
  void anAnswerWithoutItsEvaluationIsRefused() {
    assertThatThrownBy(() ->
            new ReportData(
                "t",
                "",
                "",
                "",
                Map.of(),
                List.of(),
                List.of(),
                List.of(),
                data.gallery(),
                List.of()))
        .hasMessageContaining("What colour is the star?")
        .hasMessageContaining("4 answers (expected at most one for each of 0 evaluations)");
  }

  @Test
  void chartsPutTheirPointsOnTheirAxes() {
    Chart chart =
        Chart.of(
            "Loss",
            "nats",
            List.of(
                new Chart.Series("train", new double[] {0, 50, 100}, new double[] {4, 2, 0}, false),
                new Chart.Series("held out", new double[] {100}, new double[] {1}, true)));
    assertThat(chart.lines().get(0).points()).isEqualTo("76.0,16.0 344.0,121.0 612.0,226.0");
    assertThat(chart.lines().get(0).values()).isEqualTo("0:4 50:2 100:0");
    assertThat(chart.lines().get(1).dots()).containsExactly(new Chart.Dot("612.0", "173.5"));
    assertThat(chart.rows()).extracting(Chart.Tick::label).containsExactly("0", "1", "2", "3", "4");
    assertThat(chart.columns())
        .extracting(Chart.Tick::label)
        .containsExactly("0", "20", "40", "60", "80", "100");
  }

  @Test
  void numbersReadWell() {
    assertThat(Format.number(0.00002)).isEqualTo("2e-5");
    assertThat(Format.number(0.000123456)).isEqualTo("1.235e-4");
    assertThat(Format.number(0.001)).isEqualTo("0.001");
    assertThat(Format.number(2500)).isEqualTo("2500");
    assertThat(Format.number(12345.6)).isEqualTo("12350");
    assertThat(Format.seconds(42.13)).isEqualTo("42.1 s");
    assertThat(Format.seconds(59.96)).isEqualTo("1 min 00 s");
    assertThat(Format.seconds(7620)).isEqualTo("2 h 07 min");
  }

  private static long count(String text, String pattern) {
    return Pattern.compile(pattern).matcher(text).results().map(MatchResult::start).count();
  }
}
