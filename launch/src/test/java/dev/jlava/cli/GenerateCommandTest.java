package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.testing.Golden;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class GenerateCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path MODEL = Golden.path("llava/hf");
  private static final JsonNode GOLDEN = Golden.json("llava/text.json").get("generate");

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"image", "text", "two_images"})
  void greedyTokensAreHuggingFaces(String name) throws IOException {
    JsonNode golden = GOLDEN.get(name);
    JsonNode found = json(raw(golden, "--ignore-eos"));
    assertThat(found.get("new_ids")).isEqualTo(golden.get("new_tokens"));
    assertThat(found.get("text").asText()).isEqualTo(golden.get("text").asText());
    assertThat(found.properties().stream().map(e -> e.getKey()))
        .containsExactly("prompt_ids", "new_ids", "text", "seconds");
  }

  /// Expected: transformers 4.57.6, `generate(do_sample=False, repetition_penalty=1.3)`.
  @ParameterizedTest
  @CsvSource({
    "image, '160,144,334,97,10,368,11,387,232,105,319,116,31,345,196,81'",
    "text, '62,374,40,203,97,211,255,345,196,203,297,155,109,22,144,312'",
    "two_images, '156,198,334,232,130,97,190,209,382,232,324,172,137,32,301,179'",
  })
  void penalisedTokensAreHuggingFaces(String name, String expected) throws IOException {
    JsonNode found = json(raw(GOLDEN.get(name), "--ignore-eos", "--repetition-penalty", "1.3"));
    assertThat(found.get("new_ids").toString()).isEqualTo("[" + expected + "]");
  }

  @Test
  void aSeedRepeatsAnAnswerAndAnotherChangesIt() throws IOException {
    List<String> sampled = List.of("--temperature", "1.5", "--top-k", "50", "--top-p", "0.95");
    JsonNode first = json(raw(GOLDEN.get("text"), sampled, "--seed", "1"));
    assertThat(json(raw(GOLDEN.get("text"), sampled, "--seed", "1")).get("new_ids"))
        .isEqualTo(first.get("new_ids"));
    assertThat(json(raw(GOLDEN.get("text"), sampled, "--seed", "2")).get("new_ids"))
        .isNotEqualTo(first.get("new_ids"));
    assertThat(json(raw(GOLDEN.get("text"), "--temperature", "1.5", "--top-k", "1")).get("new_ids"))
        .isEqualTo(GOLDEN.get("text").get("new_tokens"));
  }

  @Test
  void aDrawnAnswerNamesItsSeed() {
    Result result = run(raw(GOLDEN.get("text"), "--temperature", "1.5"));
    assertThat(result.err()).containsPattern("--seed \\d+ gives this answer again");
    assertThat(run(raw(GOLDEN.get("text"), "--top-p", "0.5")).err())
        .contains("have no effect without a --temperature above 0");
  }

  @Test
  void theTerminalShowsTheTextThatJsonGives() {
    for (String name : List.of("image", "text", "two_images")) {
      List<String> arguments = new ArrayList<>(raw(GOLDEN.get(name), "--ignore-eos"));
      arguments.remove("--json");
      assertThat(run(arguments))
          .isEqualTo(new Result(0, GOLDEN.get(name).get("text").asText() + "\n", ""));
    }
  }

  @Test
  void aStopTextEndsAndIsCut() throws IOException {
    // The whole answer: Tb p�<b-� of9…
    JsonNode found = json(raw(GOLDEN.get("image"), "--stop", "zzz", "--stop", "of", "--stop", "9"));
    assertThat(found.get("text").asText()).isEqualTo("Tb p�<b-� ");
    List<Integer> all = ids(GOLDEN.get("image").get("new_tokens"));
    assertThat(ids(found.get("new_ids"))).isEqualTo(all.subList(0, 9));
  }

  @Test
  void endOfSequenceEndsUnlessIgnored() throws IOException {
    // The golden model's third token of this answer becomes its end of sequence.
    int eos = GOLDEN.get("text").get("new_tokens").get(2).asInt();
    modelWith("generation_config.json", "{\"eos_token_id\": [2, " + eos + "]}");
    assertThat(ids(json(raw(GOLDEN.get("text"))).get("new_ids")))
        .isEqualTo(ids(GOLDEN.get("text").get("new_tokens")).subList(0, 3));
    assertThat(json(raw(GOLDEN.get("text"), "--ignore-eos")).get("new_ids"))
        .isEqualTo(GOLDEN.get("text").get("new_tokens"));
  }

  /// vicuna_v1's stop text is `</s>`, which decoding skips. It becomes the third token of the
  /// answer.
  @Test
  void theTemplatesStopTextsCountUnlessRaw() throws IOException {
    JsonNode whole = json(question());
    int third = whole.get("new_ids").get(2).asInt();
    modelWith("tokenizer_config.json", tokenizer(third, "<s>"));
    List<Integer> all = ids(whole.get("new_ids"));
    assertThat(ids(json(question("--ignore-eos")).get("new_ids"))).isEqualTo(all.subList(0, 3));
    String system =
        "A chat between a curious user and an artificial intelligence assistant. The assistant gives"
            + " helpful, detailed, and polite answers to the user's questions. ";
    String same = system + "USER: What is it? ASSISTANT:";
    JsonNode raw = json(arguments(List.of("--prompt", same, "--raw", "--max-new-tokens", "8")));
    assertThat(raw.get("prompt_ids")).isEqualTo(whole.get("prompt_ids"));
    assertThat(ids(raw.get("new_ids"))).isEqualTo(all);
  }

  @Test
  void anIgnoredEndOfSequenceIsNoStopTextEither() throws IOException {
    JsonNode whole = json(question());
    int third = whole.get("new_ids").get(2).asInt();
    modelWith("tokenizer_config.json", tokenizer(third, "</s>"));
    assertThat(json(question()).get("new_ids")).hasSize(3);
    assertThat(json(question("--ignore-eos")).get("new_ids")).isEqualTo(whole.get("new_ids"));
  }

  private static String tokenizer(int idOfStop, String eos) throws IOException {
    ObjectNode config = (ObjectNode) JSON.readTree(MODEL.resolve("tokenizer_config.json").toFile());
    ObjectNode tokens = (ObjectNode) config.get("added_tokens_decoder");
    tokens.set(String.valueOf(idOfStop), tokens.remove("2"));
    return config.put("eos_token", eos).toString();
  }

  @Test
  void theTemplateIsWhatTheDirectorySays() throws IOException {
    JsonNode vicuna = json(question("--template", "vicuna_v1"));
    JsonNode mistral = json(question("--template", "mistral_instruct"));
    assertThat(vicuna.get("prompt_ids")).isNotEqualTo(mistral.get("prompt_ids"));
    assertThat(json(question()).get("prompt_ids")).isEqualTo(vicuna.get("prompt_ids"));
    modelWith("jlava.json", "{\"template\": \"mistral_instruct\", \"aspect\": \"pad\"}");
    assertThat(json(question()).get("prompt_ids")).isEqualTo(mistral.get("prompt_ids"));
    assertThat(json(question("--template", "vicuna_v1")).get("prompt_ids"))
        .isEqualTo(vicuna.get("prompt_ids"));
  }

  @Test
  void theAspectIsWhatTheDirectorySays() throws IOException {
    // Token by token chances differ more than the likeliest token does.
    List<String> drawn = List.of("--seed", "3", "--temperature", "4");
    JsonNode image = GOLDEN.get("image");
    JsonNode square = json(raw(image, drawn, "--aspect", "square")).get("new_ids");
    JsonNode pad = json(raw(image, drawn, "--aspect", "pad")).get("new_ids");
    assertThat(pad).isNotEqualTo(square);
    assertThat(json(raw(image, drawn)).get("new_ids")).isEqualTo(square);
    modelWith("jlava.json", "{\"aspect\": \"pad\"}");
    assertThat(json(raw(image, drawn)).get("new_ids")).isEqualTo(pad);
  }

  @Test
  void questionsGetAMarkForEachImageInFront() throws IOException {
    String image = Golden.path("llava/images/0.png").toString();
    List<String> images = List.of("--image", image, "--max-new-tokens", "1");
    JsonNode without = json(arguments(images, "--prompt", "What is it?")).get("prompt_ids");
    JsonNode with = json(arguments(images, "--prompt", "What <image>is it?")).get("prompt_ids");
    assertThat(ids(without)).containsOnlyOnce(-200);
    assertThat(with).isEqualTo(without);
  }

  @Test
  void wrongUsageIsExplained() {
    List<String> none = arguments(List.of("--prompt", "x", "--max-new-tokens", "0"));
    assertFails(2, none, "--max-new-tokens: out of range (found 0");
    assertFails(2, question("--temperature", "-1"), "--temperature: out of range (found -1.0");
    assertFails(2, question("--top-p", "0"), "--top-p: out of range (found 0.0");
    assertFails(2, question("--stop", ""), "--stop: an empty text would end every answer");
    assertFails(
        2,
        question("--template", "vicuna_v2"),
        "--template: template 'vicuna_v2' is not known (allowed ",
        "Did you mean vicuna_v1?");
    assertFails(
        2,
        question("--aspect", "wide"),
        "--aspect: aspect 'wide' is not known (allowed square, pad)");
    assertFails(
        2,
        arguments(List.of("--prompt", "<image><image>", "--image", "x.png")),
        "--prompt has another number of <image> marks than --image gives images (found 2 marks, 1"
            + " images)");
    assertFails(
        2,
        arguments(List.of("--raw", "--prompt", "No mark", "--image", "x.png")),
        "(found 0 marks, 1 images)");
  }

  @Test
  void aDirectoryThatNamesNoTemplateAsksForOne() throws IOException {
    modelWith("chat_template.jinja", "{{ messages }}");
    assertFails(2, question(), "--template is needed: " + directory, "allowed chatml, ");
    assertThat(run(question("--template", "vicuna_v1")).code()).isZero();
    assertThat(run(arguments(List.of("--raw", "--prompt", "x", "--max-new-tokens", "1"))).code())
        .isZero();
  }

  @Test
  void wrongDataIsExplained() throws IOException {
    assertFails(
        1,
        arguments(List.of("--prompt", "x", "--image", "missing.png")),
        "--image missing.png: no such file; check the path");
    assertThat(run(List.of("generate", "--model", "nowhere", "--prompt", "x")))
        .isEqualTo(new Result(1, "", "nowhere: no such directory; check the path\n"));
    assertFails(
        1,
        arguments(List.of("--raw", "--prompt", "a b ".repeat(600))),
        "the prompt is too long for the model (found 12",
        "tokens, images included, allowed 1024, max_position_embeddings of its config.json)");
    modelWith("jlava.json", "{\"template\": \"vicuna_v2\"}");
    assertFails(1, question(), "jlava.json: template: template 'vicuna_v2' is not known");
  }

  @Test
  void anAnswerEndsWithTheModelsPositions() throws IOException {
    ObjectNode config = (ObjectNode) JSON.readTree(MODEL.resolve("config.json").toFile());
    int prompt = GOLDEN.get("text").get("input_ids").size();
    ((ObjectNode) config.get("text_config")).put("max_position_embeddings", prompt + 3);
    modelWith("config.json", config.toString());
    Result result = run(raw(GOLDEN.get("text"), "--ignore-eos"));
    assertThat(ids(JSON.readTree(result.out()).get("new_ids")))
        .isEqualTo(ids(GOLDEN.get("text").get("new_tokens")).subList(0, 4));
    assertThat(result.err()).contains("the answer ends where the model's positions do");
  }

  private List<String> question(String... more) {
    return arguments(List.of("--prompt", "What is it?", "--max-new-tokens", "8"), more);
  }

  private List<String> raw(JsonNode golden, String... more) {
    return raw(golden, List.of(), more);
  }

  private List<String> raw(JsonNode golden, List<String> first, String... more) {
    List<String> all = new ArrayList<>(List.of("--raw", "--prompt", golden.get("prompt").asText()));
    for (JsonNode image : golden.get("images")) {
      all.addAll(List.of("--image", Golden.path("llava/" + image.asText()).toString()));
    }
    all.addAll(List.of("--max-new-tokens", "16"));
    all.addAll(first);
    return arguments(all, more);
  }

  private List<String> arguments(List<String> first, String... more) {
    boolean changed = Files.exists(directory.resolve("config.json"));
    List<String> all =
        new ArrayList<>(
            List.of("generate", "--model", (changed ? directory : MODEL).toString(), "--json"));
    all.addAll(first);
    all.addAll(Arrays.asList(more));
    return all;
  }

  /// From here on the model is a copy with one file of its own.
  private void modelWith(String file, String text) throws IOException {
    try (Stream<Path> files = Files.list(MODEL)) {
      for (Path each : files.toList()) {
        Files.copy(
            each, directory.resolve(each.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    Files.writeString(directory.resolve(file), text);
  }

  private static List<Integer> ids(JsonNode array) {
    List<Integer> ids = new ArrayList<>();
    array.forEach(id -> ids.add(id.asInt()));
    return ids;
  }

  private static JsonNode json(List<String> arguments) throws IOException {
    Result result = run(arguments);
    assertThat(result.code()).as(result.err()).isZero();
    return JSON.readTree(result.out());
  }

  private static void assertFails(int code, List<String> arguments, String... messages) {
    Result result = run(arguments);
    assertThat(result.err()).contains(messages);
    assertThat(result.code()).isEqualTo(code);
    assertThat(result.out()).isEmpty();
  }

  private record Result(int code, String out, String err) {}

  private static Result run(List<String> arguments) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
      int code = Main.run(arguments.toArray(String[]::new));
      return new Result(
          code,
          outBytes.toString(StandardCharsets.UTF_8),
          errBytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }
}
