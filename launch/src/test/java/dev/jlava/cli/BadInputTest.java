package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Faults of the user's files and settings, through the command line: the exit code, what the
/// message says, and that no work is lost.
final class BadInputTest {
  @TempDir Path directory;
  private TinyRun tiny;

  @BeforeEach
  void copy() throws IOException {
    tiny = new TinyRun(directory);
  }

  /// The third step has the bad sample; the two before it must not be done again.
  @Test
  void aMissingImageEndsTheRunBehindACheckpointAndTheRunGoesOnWhenItIsThere() throws IOException {
    assertThat(tiny.train("output=" + tiny.output("straight")).code()).isZero();
    Path image = tiny.images.resolve("08.png");
    Path elsewhere = Files.move(image, directory.resolve("08.png"));
    CommandRun failed = tiny.train();
    assertThat(failed.code()).isEqualTo(1);
    assertThat(failed.errors())
        .isEqualToIgnoringNewLines(
            "sample 'p8': "
                + image
                + ": image file not found; check the sample's `image` and the recipe's `images`");
    assertThat(tiny.metrics("run")).hasSize(2);
    assertThat(tiny.checkpoint(2)).exists();
    assertThat(failed.out()).contains("Saved after step 2 of align, before the fault");

    Files.move(elsewhere, image);
    CommandRun again = tiny.train();
    assertThat(again.code()).isZero();
    assertThat(again.out()).contains("Resumes after step 2 of stage align");
    assertThat(tiny.metrics("run")).hasSize(6).isEqualTo(tiny.metrics("straight"));
    assertThat(tiny.weights("run")).hasSameBinaryContentAs(tiny.weights("straight"));
  }

  @Test
  void aFileThatIsNoImageIsNamedWithItsSample() throws IOException {
    Path image = Files.writeString(tiny.images.resolve("01.png"), "not a picture");
    CommandRun run = tiny.train();
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errors())
        .isEqualToIgnoringNewLines(
            "sample 'p1': "
                + image
                + ": not an image (found bytes 6e 6f 74 20 61 20 70 69 \"not a pi\", expected JPEG,"
                + " PNG, WebP, GIF or BMP); replace the file or remove the sample");
    assertThat(tiny.metrics("run")).isEmpty();
  }

  @Test
  void aTruncatedImageIsNamedWithItsSample() throws IOException {
    Path image = tiny.images.resolve("05.png");
    byte[] bytes = Files.readAllBytes(image);
    Files.write(image, Arrays.copyOf(bytes, bytes.length / 2));
    CommandRun run = tiny.train();
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errors())
        .startsWith("sample 'p5': " + image + ": PNG image cannot be decoded (found ")
        .contains(bytes.length / 2 + " bytes: ")
        .contains("truncated")
        .containsIgnoringNewLines("; replace the file or remove the sample");
    assertThat(tiny.checkpoint(1)).exists();
  }

  /// Faults that a look at the data shows end the run before the model is loaded; the repaired data
  /// then runs in the same output.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "<image>\\nGive a short caption. | Give a short caption. | [1]: sample 'p1': image count and"
            + " <image> marks differ (found 1 images, 0 marks); give each image one mark",
        "\"from\": \"gpt\" | \"from\": \"human\" | [0]: sample 'p0': roles do not alternate (turn 2:"
            + " found human, expected gpt); start with human and alternate",
        "\"from\": \"gpt\" | \"from\": \"bot\" | [0]: role 'bot' is not known (expected human or gpt"
            + " in 'from')",
        "\"value\": \"circle in red\" | \"value\": \"  \" | [1]: sample 'p1': empty answer (turn 2);"
            + " write the answer or leave the turn out",
        "\"value\": \"circle in red\" | \"text\": \"circle in red\" | [1]: a turn has no text (found"
            + " keys [from, text], expected a string under 'value'); repair the file",
        "\"image\": \"00.png\" | \"image\": 7 | [0]: 'image' names no file (found 7, expected a file"
            + " name or a list of them); repair the file",
        "\"id\": \"p1\", | \"id\": \"p1\" |:18:3: broken JSON (Unexpected character ('\"' (code 34)):"
            + " was expecting comma to separate Object entries); repair the file",
      })
  void aFaultOfTheDataEndsTheRunBeforeItBegins(String right, String wrong, String message)
      throws IOException {
    String text = Files.readString(tiny.data);
    String broken = text.replaceFirst(Pattern.quote(right), Matcher.quoteReplacement(wrong));
    assertThat(broken).isNotEqualTo(text);
    Files.writeString(tiny.data, broken);
    CommandRun run = tiny.train();
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errors()).isEqualToIgnoringNewLines(tiny.data + message);
    assertThat(tiny.metrics("run")).isEmpty();
    Files.writeString(tiny.data, text);
    assertThat(tiny.train("stages.align.steps=1").code()).isZero();
  }

  @Test
  void aWeightOfAnotherShapeIsNamed() throws IOException {
    Path file = tiny.model.resolve("model.safetensors");
    replace(file, "[416,32]", "[208,64]");
    CommandRun run = tiny.train();
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errors())
        .contains(file.toString())
        .contains("lm_head.weight")
        .contains("[208, 64]")
        .contains("[416, 32]");
    assertThat(tiny.metrics("run")).isEmpty();
  }

  @Test
  void aMissingShardIsNamed() throws IOException {
    Files.move(tiny.model.resolve("model.safetensors"), tiny.model.resolve("one.safetensors"));
    Path index =
        Files.writeString(
            tiny.model.resolve("model.safetensors.index.json"),
            """
            {"weight_map": {"language_model.lm_head.weight": "one.safetensors",
                            "multi_modal_projector.linear_1.bias": "two.safetensors"}}
            """);
    CommandRun run = tiny.train();
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errors())
        .isEqualToIgnoringNewLines(
            tiny.model.resolve("two.safetensors")
                + ": shard is missing (named by "
                + index
                + "); copy it beside the index");
  }

  @Test
  void truncatedWeightsAreNamed() throws IOException {
    Path file = tiny.model.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
    CommandRun run = tiny.train();
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errors())
        .startsWith(file + ": truncated in tensor '")
        .contains("(found ", "expected ")
        .containsIgnoringNewLines("; download or copy it again");
    // Nothing has run, so the output may be another recipe's.
    assertThat(tiny.train("model.path=" + Golden.path("train/hf")).code()).isZero();
  }

  @Test
  void anUnknownTemplateIsWrongUsage() {
    CommandRun run = tiny.train("stages.align.template=plane");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.errors())
        .contains("stages.0.template: not allowed (found 'plane', allowed [")
        .contains("Did you mean plain?");
    assertThat(tiny.output("run")).doesNotExist();
  }

  /// One recipe with a dozen kinds of mistakes: all are told at once, one a line.
  @Test
  void everyMistakeOfARecipeIsToldAtOnce() throws IOException {
    Path recipe =
        Files.writeString(
            directory.resolve("bad.yaml"),
            """
            seed: -1
            model: { path: m, image: { aspect: padd } }
            runtime: { precison: fp32, threads: many }
            stages:
              - name: one
                train: { projektor: { lr: 1e-3 } }
                data: here
                template: vicuna_v2
                epochs: 1
                steps: 3
                batch: { size: 0 }
                optimizer: { type: adam, betas: [0.9] }
                schedule: { warmup_ratio: 3 }
                order: { shuffle: maybe }
              - name: one
                train: {}
            """);
    CommandRun run = CommandRun.of(List.of("train", recipe.toString()));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.errors().lines())
        .allMatch(line -> line.matches(".*\\d+:\\d+: \\S+: .*"))
        .hasSize(19);
    assertThat(run.out()).isEmpty();
  }

  /// A token of sample p12 has a weight that is not a number; p12 is in the fourth step.
  @Test
  void aLossThatIsNotANumberNamesTheSamplesAndKeepsTheCheckpoint() throws IOException {
    List<String> samples = new ArrayList<>();
    for (JsonNode sample : Golden.json("train/samples.json").get("stage1").get("samples")) {
      boolean has = false;
      for (JsonNode id : sample.get("input_ids")) {
        has |= id.asInt() == 304;
      }
      if (has) {
        samples.add(sample.get("id").asText());
      }
    }
    assertThat(samples).startsWith("p12").doesNotContain("p13");
    List<String> named = samples.stream().filter(id -> id.compareTo("p16") < 0).toList();
    Path file = tiny.model.resolve("model.safetensors");
    long row = start(file, "language_model.model.embed_tokens.weight") + 304 * 32 * Float.BYTES;
    try (RandomAccessFile weights = new RandomAccessFile(file.toFile(), "rw")) {
      weights.seek(row);
      weights.write(new byte[] {0, 0, (byte) 0xc0, 0x7f});
    }
    CommandRun run = tiny.train("checkpoint.every=2", "stages.align.batch.micro_size=1");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errors())
        .isEqualToIgnoringNewLines(
            "stage align, step 4: loss NaN, gradient norm NaN (expected finite numbers) with the"
                + " samples "
                + named
                + "; lower the learning rate, or look at these samples and the"
                + " weights that the stage begins with. The checkpoint after step 2 is kept");
    assertThat(tiny.metrics("run")).hasSize(3);
    assertThat(tiny.checkpoint(2)).exists();
    assertThat(tiny.output("run/final")).doesNotExist();
  }

  @Test
  void badImagesWithinTheAllowedNumberAreLeftOutNamedAndCounted() throws IOException {
    Path image = Files.writeString(tiny.images.resolve("05.png"), "not a picture");
    // 05.png is in p5 and p21.
    String[] skip = {"stages.align.problems.bad_image=skip", "stages.align.problems.allowed=2"};
    assertThat(tiny.train(skip).code()).isZero();
    assertThat(tiny.metrics("run").stream().map(m -> m.get("dropped").asInt()))
        .containsExactly(0, 1, 0, 0, 0, 1);
    assertThat(tiny.metrics("run").stream().map(m -> m.get("samples").asInt()))
        .containsExactly(4, 3, 4, 4, 4, 3);
    assertThat(tiny.log())
        .contains("Left out: sample 'p5': " + image + ": not an image")
        .contains("Left out: sample 'p21': " + image + ": not an image");
  }

  @Test
  void oneMoreThanAllowedEndsTheRunBehindACheckpointAndAllowingItGoesOn() throws IOException {
    Files.writeString(tiny.images.resolve("05.png"), "not a picture");
    String skip = "stages.align.problems.bad_image=skip";
    CommandRun run = tiny.train(skip, "stages.align.problems.allowed=1");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errors())
        .isEqualToIgnoringNewLines(
            "stage align: 2 samples are left out, problems.allowed is 1: [p5, p21]; repair them or"
                + " raise problems.allowed, then start the run again");
    assertThat(tiny.metrics("run")).hasSize(6);
    assertThat(tiny.checkpoint(6)).exists();
    assertThat(tiny.output("run/final")).doesNotExist();
    CommandRun again = tiny.train(skip, "stages.align.problems.allowed=2");
    assertThat(again.code()).isZero();
    assertThat(again.out()).contains("Resumes after step 6 of stage align");
    assertThat(tiny.output("run/final")).exists();
  }

  /// With steps of one sample a bad image leaves an empty step, which updates nothing.
  @Test
  void aStepWithoutSamplesUpdatesNothing() throws IOException {
    Files.delete(tiny.images.resolve("01.png"));
    String[] settings = {
      "stages.align.problems.bad_image=skip",
      "stages.align.problems.allowed=1",
      "stages.align.batch.size=1",
      "stages.align.steps=3",
      "stages.align.schedule.warmup_ratio=0",
      "checkpoint.every=1",
      "checkpoint.keep=9"
    };
    assertThat(tiny.train(settings).code()).isZero();
    JsonNode empty = tiny.metrics("run").get(1);
    assertThat(empty.get("samples").asInt()).isZero();
    assertThat(empty.has("loss")).isFalse();
    Path stage = tiny.output("run/stages/align");
    String weights = "weights/model.safetensors";
    assertThat(stage.resolve("step-000002").resolve(weights))
        .hasSameBinaryContentAs(stage.resolve("step-000001").resolve(weights));
    byte[] before = Files.readAllBytes(stage.resolve("step-000002").resolve(weights));
    assertThat(Files.readAllBytes(stage.resolve("step-000003").resolve(weights)))
        .isNotEqualTo(before);
  }

  /// An image takes 16 positions; the captions have 26 to 49 with theirs.
  @Test
  void longSamplesEndTheRunOrAreLeftOutOrCut() throws IOException {
    CommandRun run = tiny.train("model.max_tokens=40");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errors())
        .isEqualToIgnoringNewLines(
            tiny.data
                + "[0]: sample 'p0': too long (found 48 tokens, images included, allowed 40); raise"
                + " model.max_tokens, or set problems.too_long to truncate or skip");

    String skip = "stages.align.problems.too_long=skip";
    assertThat(tiny.train("model.max_tokens=40", skip, "stages.align.problems.allowed=99").code())
        .isZero();
    assertThat(sum("run", "dropped")).isEqualTo(8);
    assertThat(sum("run", "samples")).isEqualTo(16);
    assertThat(tiny.log())
        .contains(
            "Left out: sample 'p3': "
                + tiny.data
                + "[3]: too long (found 44 tokens, images included, allowed 40)");

    String cut = "stages.align.problems.too_long=truncate";
    assertThat(tiny.train("model.max_tokens=40", cut, "output=" + tiny.output("cut")).code())
        .isZero();
    assertThat(sum("cut", "truncated")).isEqualTo(8);
    assertThat(sum("cut", "samples")).isEqualTo(24);
    assertThat(Files.readString(tiny.output("cut/log.txt")))
        .contains("Cut to model.max_tokens: samples [p0, p3]");
  }

  /// What is cut so short that no answer is left cannot be learned from.
  @Test
  void aSampleWithNothingLeftToLearnIsLeftOut() throws IOException {
    String cut = "stages.align.problems.too_long=truncate";
    CommandRun run = tiny.train("model.max_tokens=16", cut, "stages.align.problems.allowed=3");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errors()).contains("4 samples are left out, problems.allowed is 3");
    assertThat(tiny.log())
        .contains(
            "[0]: too long (found 48 tokens, images included, allowed 16, and no answer within"
                + " these)");
  }

  private int sum(String run, String key) throws IOException {
    return tiny.metrics(run).stream().mapToInt(m -> m.get(key).asInt()).sum();
  }

  private static void replace(Path file, String right, String wrong) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int at = text.indexOf(right);
    assertThat(at).isPositive();
    System.arraycopy(wrong.getBytes(StandardCharsets.ISO_8859_1), 0, bytes, at, wrong.length());
    Files.write(file, bytes);
  }

  /// Where a tensor begins in a safetensors file.
  private static long start(Path file, String tensor) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int length = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    JsonNode header = new com.fasterxml.jackson.databind.ObjectMapper().readTree(bytes, 8, length);
    return 8 + length + header.get(tensor).get("data_offsets").get(0).asLong();
  }
}
