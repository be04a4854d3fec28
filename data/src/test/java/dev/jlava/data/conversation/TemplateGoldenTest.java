package dev.jlava.data.conversation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.data.batch.Example;
import dev.jlava.data.batch.SampleEncoder;
import dev.jlava.data.conversation.Turn.Role;
import dev.jlava.data.source.Sample;
import dev.jlava.data.token.Tokenizer;
import dev.jlava.data.token.Tokenizers;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TemplateGoldenTest {
  /// Samples that ours refuses (LLaVA trains on them wrongly, or fails later).
  private static final Set<String> REFUSED =
      Set.of(
          "two_images_one_turn",
          "two_images_two_turns",
          "empty_answer",
          "empty_answer_mid",
          "starts_with_gpt",
          "image_in_answer",
          "image_flag_without_token",
          "token_without_image_flag",
          "ends_with_human",
          "bad_role");

  /// Template families whose labels LLaVA itself gets right with these tokenizers.
  private static final Set<String> CHECKED =
      Set.of("v1", "llava_v1", "v1_mmtag", "plain", "llama_2", "llava_llama_2", "mistral_instruct");

  @TempDir Path directory;

  @Test
  void idsAreLlavasAndLabelsWhereLlavaMasksRightly() throws IOException {
    JsonNode golden = Golden.json("templates/templates.json");
    int compared = 0;
    int labelled = 0;
    Set<String> differ = new TreeSet<>();
    for (JsonNode run : golden.get("runs")) {
      boolean whole = run.get("model_max_length").asInt() == 2048;
      if (!whole || run.get("mm_use_im_start_end").asBoolean()) {
        continue;
      }
      Template template = Template.named(run.get("template").asText());
      SampleEncoder encoder =
          new SampleEncoder(
              template,
              tokenizer(run.get("tokenizer").asText()),
              100_000,
              1,
              SampleEncoder.TooLong.ERROR);
      for (JsonNode expected : run.get("samples")) {
        String id = expected.get("id").asText();
        if (REFUSED.contains(id) || expected.has("error")) {
          continue;
        }
        String what = template.name() + "/" + run.get("tokenizer").asText() + "/" + id;
        Example found = encoder.encode(sample(golden, id));
        assertThat(found.ids()).as(what).isEqualTo(ints(expected.get("input_ids")));
        compared++;
        boolean right =
            CHECKED.contains(template.name()) && !expected.get("mismatch_warning").asBoolean();
        if (right && !Arrays.equals(found.labels(), labels(expected, found.ids()))) {
          differ.add(what);
        }
        labelled += right ? 1 : 0;
      }
    }
    assertThat(differ).isEmpty();
    assertThat(compared).isEqualTo(258);
    assertThat(labelled).isEqualTo(114);
  }

  @Test
  void promptsAreLlavas() {
    int compared = 0;
    for (JsonNode expected : Golden.json("templates/templates.json").get("inference_prompts")) {
      String name = expected.get("template").asText();
      if (Template.names().contains(name)) {
        Turn question = new Turn(Role.USER, expected.get("question").asText());
        assertThat(Template.named(name).prompt(List.of(question)).text())
            .as(name)
            .isEqualTo(expected.get("prompt").asText());
        compared++;
      }
    }
    assertThat(compared).isEqualTo(14);
  }

  @Test
  void trainingDataGetsTheGoldenIdsAndLabels() {
    JsonNode golden = Golden.json("train/samples.json");
    Tokenizer tokenizer = Tokenizers.load(Golden.path("train/hf"));
    int compared = 0;
    for (String stage : List.of("stage1", "stage2")) {
      JsonNode data = Golden.json("train/" + golden.get(stage).get("data").asText());
      Template template = Template.named(golden.get(stage).get("template").asText());
      SampleEncoder encoder =
          new SampleEncoder(template, tokenizer, 512, 16, SampleEncoder.TooLong.ERROR);
      for (JsonNode expected : golden.get(stage).get("samples")) {
        for (JsonNode sample : data) {
          if (sample.get("id").equals(expected.get("id"))) {
            Example found = encoder.encode(read(sample, sample.has("image")));
            assertThat(found.ids()).isEqualTo(ints(expected.get("input_ids")));
            assertThat(found.labels()).isEqualTo(ints(expected.get("labels")));
            compared++;
          }
        }
      }
    }
    assertThat(compared).isEqualTo(48);
  }

  private Tokenizer tokenizer(String name) throws IOException {
    if (name.equals("gpt2")) {
      return Tokenizers.load(Golden.path("tokenizer/bytelevel_gpt2"));
    }
    Path source = Golden.path("tokenizer/llama_sp");
    Path target = Files.createDirectories(directory.resolve(name));
    Files.write(
        target.resolve("tokenizer.model"), Files.readAllBytes(source.resolve("tokenizer.model")));
    Files.writeString(
        target.resolve("tokenizer_config.json"),
        Files.readString(source.resolve("tokenizer_config.json"))
            .replace("\"legacy\": true", "\"legacy\": " + name.equals("legacy")));
    return Tokenizers.load(target);
  }

  private static Sample sample(JsonNode golden, String id) {
    for (JsonNode conversation : golden.get("conversations")) {
      if (conversation.get("id").asText().equals(id)) {
        return read(conversation, conversation.get("image").asBoolean());
      }
    }
    throw new IllegalArgumentException(id);
  }

  private static Sample read(JsonNode json, boolean image) {
    List<Turn> turns = new ArrayList<>();
    for (JsonNode turn : json.get("conversations")) {
      Role role = turn.get("from").asText().equals("human") ? Role.USER : Role.ASSISTANT;
      turns.add(new Turn(role, turn.get("value").asText()));
    }
    List<Path> images = image ? List.of(Path.of("x.png")) : List.of();
    return new Sample(json.get("id").asText(), images, turns, "golden");
  }

  private static int[] labels(JsonNode expected, int[] ids) {
    int[] labels = new int[ids.length];
    Arrays.fill(labels, Example.IGNORE);
    for (JsonNode run : expected.get("keep")) {
      int start = run.get(0).asInt();
      System.arraycopy(ids, start, labels, start, run.get(1).asInt() - start);
    }
    return labels;
  }

  private static int[] ints(JsonNode node) {
    int[] result = new int[node.size()];
    Arrays.setAll(result, i -> node.get(i).asInt());
    return result;
  }
}
