package dev.jlava.eval.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jlava.testing.Browser;
import dev.jlava.testing.Browser.Screen;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The reports' pages in a browser. What they look like is kept in `target/screenshots`.
@Tag("browser")
final class ReportBrowserTest {
  private static final List<Screen> SCREENS =
      List.of(Screen.DESKTOP, Screen.DESKTOP.dark(), Screen.PHONE, Screen.PHONE.dark());

  private static Browser browser;
  @TempDir private Path directory;

  @BeforeAll
  static void start() throws IOException {
    browser = Browser.start();
  }

  @AfterAll
  static void stop() throws IOException {
    browser.close();
  }

  @Test
  void aRunsPageIsReadableOnEveryScreen() throws IOException {
    isReadable("run", RunReport.write(directory, SampleRun.data()));
    assertThat(number("document.querySelectorAll('svg polyline').length")).isEqualTo(10);
    assertThat(number("document.querySelectorAll('img').length")).isEqualTo(2);
    assertThat(text("document.images[0].naturalWidth > 10")).isEqualTo("true");
  }

  @Test
  void filtersAndSearchChangeWhatIsShown() {
    browser.open(RunReport.write(directory, SampleRun.data()), Screen.DESKTOP);
    assertThat(cards()).containsExactly("What colour is the star?", "How big is it?");
    find("BIG");
    assertThat(cards()).containsExactly("How big is it?");
    assertThat(text("document.getElementById('shown').textContent")).isEqualTo("1 of 2 questions");
    find("");
    choose("category", "colour");
    assertThat(cards()).containsExactly("What colour is the star?");
    choose("category", "");
    choose("state", "wrong");
    assertThat(cards()).isEmpty();
    choose("column", "0");
    assertThat(cards()).hasSize(2);
    choose("state", "disagree");
    assertThat(cards()).hasSize(2);
    assertThat(browser.problems()).isEmpty();
  }

  @Test
  void anEvaluationsPageIsReadableAndShowsVerdicts() throws IOException {
    Path page = EvaluationReport.write(SampleEvaluation.write(directory), "./jlava eval e.yaml");
    isReadable("evaluation", page);
    assertThat(cards()).hasSize(24);
    assertThat(cards().getFirst()).as("failures first").isEqualTo("What does it mean?");
    assertThat(number("document.querySelectorAll('#cards script, #cards [onerror]').length"))
        .as("hostile answers are text")
        .isZero();
    theJudgesSectionOpens();
    choose("state", "judged");
    assertThat(cards()).hasSize(4);
    browser.evaluate("document.querySelector('.verdicts summary').click()");
    assertThat(text("document.querySelector('.verdicts pre').checkVisibility()")).isEqualTo("true");
    assertThat(text("document.querySelector('.verdicts').textContent"))
        .contains("no scores: no two numbers", "I cannot say.");
    choose("state", "");
    choose("task", "pope");
    find("thing 39");
    assertThat(cards()).containsExactly("Is there a thing 39?");
    find("");
    browser.evaluate("document.getElementById('more').click()");
    assertThat(cards()).hasSize(40);
    choose("order", "asked");
    assertThat(cards()).first().isEqualTo("Is there a thing 0?");
    choose("state", "disagree");
    assertThat(number("document.querySelectorAll('.card').length")).isBetween(10, 24);
  }

  @Test
  void aPageOfSeveralEvaluationsIsReadable(@TempDir Path other) throws IOException {
    List<Path> both = List.of(SampleEvaluation.write(directory), SampleEvaluation.write(other));
    isReadable("evaluations", EvaluationReport.write(both, directory.resolve("out")));
    assertThat(number("document.querySelectorAll('#scores tbody:first-of-type tr').length"))
        .isEqualTo(4);
    String model = "document.querySelector('#scores tbody th').getBoundingClientRect().left";
    double place = number(model);
    browser.evaluate("document.querySelector('#scores .scroll').scrollLeft = 60");
    assertThat(number("document.querySelector('#scores .scroll').scrollLeft")).isEqualTo(60);
    assertThat((double) number(model))
        .as("models stay where a phone scrolls the table")
        .isCloseTo(place, within(2.0));
    choose("task", "pope");
    find("thing 39");
    assertThat(number("document.querySelectorAll('.card .answer').length")).isEqualTo(4);
  }

  /// On the last screen opened, a phone in the dark: the verdicts on a question that flips.
  private void theJudgesSectionOpens() throws IOException {
    assertThat(number("document.querySelectorAll('#judge tbody tr').length")).isEqualTo(2);
    assertThat(text("document.querySelector('#judge .bad').textContent")).contains("Warning: open");
    String verdicts = "document.querySelector('#judge details .sides')";
    assertThat(text(verdicts + ".checkVisibility()")).isEqualTo("false");
    browser.evaluate("document.querySelector('#judge details summary').click()");
    assertThat(text(verdicts + ".checkVisibility()")).isEqualTo("true");
    assertThat(text(verdicts + ".textContent"))
        .contains("reference_first is better", "model_first is better")
        .contains("reference 10, answer 4 · reference first · sample 1");
    browser.evaluate("document.querySelectorAll('#judge details').forEach(d => d.open = true)");
    assertThat(number("document.querySelectorAll('#judge script, #judge [onerror]').length"))
        .as("hostile verdicts are text")
        .isZero();
    assertThat(browser.evaluate(resource("pale.js")).toString()).isEqualTo("[]");
    assertThat(number("document.documentElement.scrollWidth - innerWidth")).isLessThanOrEqualTo(0);
    assertThat(browser.problems()).isEmpty();
  }

  @Test
  void aComparisonsPageIsReadable() throws IOException {
    List<Path> runs =
        List.of(
            RunComparisonTest.sample(directory, "slow", 0.001, 6),
            RunComparisonTest.sample(directory, "fast", 0.002, 9));
    isReadable("comparison", RunComparison.write(runs, directory));
    assertThat(number("document.querySelectorAll('polyline[data-values=\"10:45 20:90\"]').length"))
        .as("a task that was asked on the way")
        .isEqualTo(1);
    choose("state", "disagree");
    assertThat(cards()).hasSize(3);
  }

  /// Opens a page on every screen: no error, no request, nothing wider than the screen, no text too
  /// pale.
  private void isReadable(String name, Path page) throws IOException {
    for (Screen screen : SCREENS) {
      browser.open(page, screen);
      String where = name + "-" + screen.width() + "-" + screen.scheme();
      Path shots = Files.createDirectories(Path.of("target/screenshots"));
      Files.write(shots.resolve(where + ".png"), browser.screenshot());
      assertThat(browser.problems()).as(where).isEmpty();
      assertThat(browser.requests()).as(where).isEmpty();
      assertThat(number("document.documentElement.scrollWidth"))
          .as(where)
          .isLessThanOrEqualTo(screen.width());
      assertThat(browser.evaluate(resource("pale.js")).toString()).as(where).isEqualTo("[]");
    }
  }

  private List<String> cards() {
    return browser
        .evaluate("[...document.querySelectorAll('.card .question')].map(e => e.textContent)")
        .valueStream()
        .map(node -> node.asText())
        .toList();
  }

  private void find(String words) {
    browser.evaluate(
        "document.getElementById('find').value = '%s'; document.getElementById('find').dispatchEvent(new Event('input'))"
            .formatted(words));
  }

  private void choose(String select, String value) {
    browser.evaluate(
        "document.getElementById('%1$s').value = '%2$s'; document.getElementById('%1$s').dispatchEvent(new Event('change'))"
            .formatted(select, value));
  }

  private int number(String expression) {
    return browser.evaluate(expression).asInt();
  }

  private String text(String expression) {
    return browser.evaluate(expression).asText();
  }

  private static String resource(String name) throws IOException {
    try (InputStream stream = ReportBrowserTest.class.getResourceAsStream(name)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
