package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The last lines of a run.
final class RunEndTest {
  @TempDir Path directory;

  @Test
  void aRunEndsWithItsResultsAndThreeCommandsThatWork() throws Exception {
    TinyRun tiny = new TinyRun(directory);
    CommandRun run = tiny.train("stages.align.steps=1");
    assertThat(run.errors()).isEmpty();
    Path output = directory.resolve("run");
    assertThat(run.out())
        .contains("The model is in " + output.resolve("final"))
        .contains("The report is in " + output.resolve("report.html"))
        .contains("Checkpoints, metrics.jsonl and log.txt are in " + output);
    assertThat(output.resolve("report.html")).exists();
    List<String> next = commands(run.out().substring(run.out().indexOf("Next:")));
    assertThat(next).hasSize(3);
    assertThat(next.getFirst()).startsWith("generate --model " + output.resolve("final"));
    Path image;
    try (Stream<Path> images = Files.list(tiny.images)) {
      image = images.findFirst().orElseThrow();
    }
    for (String command : next) {
      String filled =
          command
              .replace("FILE", image.toString())
              .replace("DIR", directory.resolve("exported").toString());
      CommandRun done = CommandRun.of(words(filled));
      assertThat(done.errors()).as(filled).isEmpty();
      assertThat(done.code()).as(filled).isZero();
    }
  }

  private static List<String> commands(String text) {
    return text.lines()
        .filter(line -> line.startsWith("  ./jlava "))
        .map(line -> line.substring("  ./jlava ".length()))
        .toList();
  }

  private static List<String> words(String command) {
    List<String> words = new ArrayList<>();
    Matcher matcher = Pattern.compile("'([^']*)'|(\\S+)").matcher(command);
    while (matcher.find()) {
      words.add(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
    }
    return words;
  }

  @Test
  void wordsThatAShellWouldSplitAreQuoted() {
    assertThat(Typed.quoted("a/b-c.yaml")).isEqualTo("a/b-c.yaml");
    assertThat(Typed.quoted("it's here")).isEqualTo("'it'\\''s here'");
  }
}
