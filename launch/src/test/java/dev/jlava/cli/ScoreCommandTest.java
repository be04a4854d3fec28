package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ScoreCommandTest {
  private static final JsonNode POPE = Golden.json("eval/eval_pope.json").get("runs");
  private static final JsonNode SEED = Golden.json("eval/converters.json").get("seed_bench");

  @TempDir private Path directory;

  /// What a run of the command left behind.
  private record Ran(int code, String out, String err) {}

  private static Ran run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
    return new Ran(code, out.toString(), err.toString());
  }

  private String lines(String name, JsonNode rows) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    StringBuilder text = new StringBuilder();
    rows.forEach(row -> text.append(row).append('\n'));
    return Files.writeString(file, text).toString();
  }

  private Ran pope(JsonNode golden, String... more) throws IOException {
    for (var labels : golden.get("labels").properties()) {
      lines("labels/coco_pope_" + labels.getKey() + ".json", labels.getValue());
    }
    String[] arguments = {
      "score",
      "pope",
      "--answers",
      lines("a.jsonl", golden.get("answers")),
      "--questions",
      lines("q.jsonl", golden.get("questions")),
      "--annotations",
      directory.resolve("labels").toString()
    };
    String[] all = Arrays.copyOf(arguments, arguments.length + more.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return run(all);
  }

  @Test
  void theTextIsTheScriptsAndNothingElse() throws IOException {
    Ran ran = pope(POPE.get(0));
    assertThat(ran).isEqualTo(new Ran(0, POPE.get(0).get("stdout").asText(), ""));
  }

  @Test
  void jsonFollowsTheText() throws IOException {
    Ran ran = pope(POPE.get(0), "--json");
    String text = POPE.get(0).get("stdout").asText();
    assertThat(ran.out()).startsWith(text);
    JsonNode json = new ObjectMapper().readTree(ran.out().substring(text.length()));
    assertThat(json.get("task").asText()).isEqualTo("pope");
    assertThat(json.at("/scores/random/accuracy").asDouble()).isEqualTo(0.35);
    assertThat(json.get("notes")).isEmpty();
  }

  @Test
  void undefinedFiguresAreNamed() throws IOException {
    Ran ran = pope(POPE.get(2));
    assertThat(ran.code()).isZero();
    assertThat(ran.out()).startsWith(POPE.get(2).get("stdout").asText());
    assertThat(ran.err())
        .isEqualTo("jlava: popular: precision and F1 are not defined: no answer says yes\n");
  }

  @Test
  void submissionsAreWrittenIntoNewFolders() throws IOException {
    Path out = directory.resolve("upload/seed.jsonl");
    Path annotations = directory.resolve("seed.json");
    Files.writeString(annotations, SEED.get("annotation").toString());
    Ran ran =
        run(
            "score",
            "seed_bench",
            "--answers",
            lines("sr.jsonl", SEED.get("results")),
            "--annotations",
            annotations.toString(),
            "--out",
            out.toString());
    assertThat(ran.out()).isEqualTo(SEED.get("stdout").asText());
    assertThat(ran.err()).isEqualTo("jlava: wrote " + out + "\n");
    assertThat(Files.readAllLines(out)).hasSize(SEED.get("output").size());
    try (var left = Files.list(out.getParent())) {
      assertThat(left).hasSize(1);
    }
  }

  @Test
  void answersMayLieInSeveralFiles() throws IOException {
    JsonNode golden = POPE.get(1);
    var rows = golden.get("answers");
    String first = lines("a0.jsonl", new ObjectMapper().createArrayNode().add(rows.get(0)));
    Ran missing = popeWith(golden, first);
    assertThat(missing.code()).isEqualTo(1);
    assertThat(missing.err()).contains("q.jsonl:2: no answer to this question");
    var others = new ObjectMapper().createArrayNode();
    for (int i = 1; i < rows.size(); i++) {
      others.add(rows.get(i));
    }
    Ran ran = popeWith(golden, first, lines("a1.jsonl", others));
    assertThat(ran.out()).isEqualTo(golden.get("stdout").asText());
  }

  private Ran popeWith(JsonNode golden, String... answers) throws IOException {
    lines("labels/coco_pope_adversarial.json", golden.at("/labels/adversarial"));
    var arguments = new ArrayList<String>();
    arguments.addAll(List.of("score", "pope", "--answers"));
    arguments.addAll(List.of(answers));
    arguments.addAll(
        List.of(
            "--questions",
            lines("q.jsonl", golden.get("questions")),
            "--annotations",
            directory.resolve("labels").toString()));
    return run(arguments.toArray(String[]::new));
  }

  @Test
  void wrongUsageIsExplained() {
    Ran unknown = run("score", "popes");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err()).contains("popes");
    Ran incomplete = run("score", "pope", "--answers", "a.jsonl");
    assertThat(incomplete.code()).isEqualTo(2);
    assertThat(incomplete.err()).contains("--questions", "--annotations");
    Ran noFile = run("score", "mmvet", "--answers", "nowhere.jsonl", "--out", "x.json");
    assertThat(noFile).isEqualTo(new Ran(1, "", "nowhere.jsonl: no such file; check the path\n"));
  }

  @Test
  void everyTaskHasHelp() {
    Ran help = run("score", "--help");
    assertThat(help.out())
        .contains("science_qa", "pope", "textvqa", "vqav2", "gqa", "vizwiz", "mme", "seed_bench")
        .contains("mmvet", "exact_match", "choice", "text_contained", "hallucination");
    assertThat(run("score", "textvqa", "--help").out())
        .contains("--answers", "--annotations", "soft accuracy");
  }
}
