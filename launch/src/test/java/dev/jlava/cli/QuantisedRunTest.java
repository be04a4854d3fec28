package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Recipes with quantised decoders: what they train, what they leave, and what files they begin
/// with.
final class QuantisedRunTest {
  private static final Path HF = Golden.path("train/hf");
  private static final String DOUBLE = "quantize: nf4, double_quant: true";

  @TempDir Path directory;

  /// The last stage changes nothing: its loss is that of base and adapters side by side.
  @ParameterizedTest
  @ValueSource(strings = {"quantize: none", DOUBLE, "quantize: int8"})
  void theFinalModelComputesWhatBaseAndAdapterDo(String quantize) throws IOException {
    String still = stage("still", "projector: { lr: 0 }");
    String beside = "name: style, r: 2, targets: [ q_proj, down_proj ], active: [ default ]";
    String second = stage("second", "decoder: { lr: 5e-2, adapter: { %s } }".formatted(beside));
    Path run = train("run", whole(HF, quantize), lora(3) + second + still);
    double loss = last(run, "loss");
    Path merged = train("merged", whole(run.resolve("final"), "quantize: none"), still);
    assertThat(last(merged, "loss")).isCloseTo(loss, within(1e-5 * loss));
    Path untrained = train("untrained", whole(HF, quantize), still);
    assertThat(last(untrained, "loss")).isGreaterThan(loss + 0.05);
    assertThat(config(run.resolve("final")).has("quantization_config")).isFalse();
  }

  /// An export ends well only where what it wrote computes what the model does.
  @ParameterizedTest
  @CsvSource({"peft", "hf --merge", "llava --merge", "gguf --merge --dtype fp32"})
  void aCheckpointOnAQuantisedBaseIsExported(String layout) throws IOException {
    Path run = train("run", whole(HF, DOUBLE), lora(3));
    export(run.resolve("stages/adapt/step-000003"), directory.resolve("out"), layout);
  }

  @Test
  void aStoredModelIsWrittenAsGguf() {
    export(fourBits(), directory.resolve("gguf"), "gguf --dtype fp32");
  }

  /// A directory as bitsandbytes has it trains as the weights that it was made of do, quantised as
  /// they are loaded.
  @Test
  void aStoredModelTrainsAndAnswersAsOneThatIsQuantisedNow() throws IOException {
    Path four = fourBits();
    Path now = train("now", whole(HF, DOUBLE), lora(1));
    Path stored = train("stored", whole(four, "quantize: none"), lora(1));
    assertThat(TinyRun.numbers(stored)).hasSize(1).isEqualTo(TinyRun.numbers(now));
    for (String file : List.of("model.safetensors", "adapter/adapter_model.safetensors")) {
      assertThat(stored.resolve("final").resolve(file))
          .hasSameBinaryContentAs(now.resolve("final").resolve(file));
    }
    assertThat(config(stored.resolve("final")).has("quantization_config")).isFalse();
    Path checkpoint = Path.of("stages/adapt/step-000001");
    assertThat(answer(stored.resolve(checkpoint)))
        .hasSize(8)
        .isEqualTo(answer(now.resolve(checkpoint)));
    assertThat(answer(four)).hasSize(8);
  }

  @Test
  void thePlanOfAStoredModelCountsItAsQuantised() throws IOException {
    Path four = fourBits();
    String expected = plan(whole(HF, DOUBLE));
    assertThat(expected).containsPattern("decoder +[0-9,]+ +[0-9,]+ +nf4 ");
    assertThat(plan(whole(four, "quantize: none"))).isEqualTo(expected);
    assertThat(plan(parts(four, "quantize: none"))).isEqualTo(plan(parts(HF, DOUBLE)));
    assertThat(plan(whole(HF, "quantize: none"))).isNotEqualTo(expected);
  }

  /// In fp32 a GGUF file has the same values; blocks that are quantised already are dequantised
  /// first.
  @Test
  void aGgufDecoderIsQuantisedAsItIsLoaded() throws IOException {
    Path gguf = export("gguf", "fp32").resolve("model-fp32.gguf");
    Path expected = train("hf", parts(HF, DOUBLE), lora(2));
    Path found = train("gguf-run", parts(gguf, DOUBLE), lora(2));
    assertThat(TinyRun.numbers(found)).hasSize(2).isEqualTo(TinyRun.numbers(expected));
    Path blocks = export("gguf", "q8_0").resolve("model-q8_0.gguf");
    Path small = train("small", parts(blocks, DOUBLE), lora(2));
    assertThat(last(small, "loss")).isCloseTo(last(expected, "loss"), within(0.05));
  }

  /// A run stands for its final model.
  @Test
  void aRunIsQuantisedAsItIsLoaded() throws IOException {
    Path run = train("run", whole(HF, "quantize: none"), lora(1));
    Path done = train("of-run", whole(run, DOUBLE), lora(2));
    Path expected = train("of-final", whole(run.resolve("final"), DOUBLE), lora(2));
    assertThat(TinyRun.numbers(done)).hasSize(2).isEqualTo(TinyRun.numbers(expected));
  }

  /// The checkpoint's own recipe says how it is quantised.
  @Test
  void aCheckpointStaysAsItsRunHadIt() throws IOException {
    Path run = train("run", whole(HF, DOUBLE), stage("align", "projector: { lr: 1e-3 }"));
    Path checkpoint = run.resolve("stages/align/step-000001");
    Path on = train("on", whole(checkpoint, "quantize: none"), lora(1));
    Path expected = train("straight", whole(run.resolve("final"), "quantize: none"), lora(1));
    assertThat(last(on, "loss")).isCloseTo(last(expected, "loss"), within(1e-4));
    assertThat(plan(whole(checkpoint, "quantize: none"))).isEqualTo(plan(whole(HF, DOUBLE)));
    refused(
        whole(checkpoint, DOUBLE),
        "model.quantize: "
            + checkpoint
            + " is a checkpoint, whose weights stay as its run had them;",
        "leave quantize out, or make a model of it (./jlava model export --model " + checkpoint);
  }

  /// Training would go on with the adapter that is there, whatever the recipe says.
  @Test
  void adaptersAreNotMergedIntoQuantisedWeights() throws IOException {
    Path run = train("run", whole(HF, DOUBLE), lora(3));
    Path adapter = run.resolve("final/adapter");
    String problem = " has adapters, which cannot be merged into quantised weights;";
    refused(
        whole(adapter, DOUBLE),
        "model.path: " + adapter + problem,
        "name their base " + HF + " as model.path, or merge them (./jlava model merge --model");
    Path checkpoint = run.resolve("stages/adapt/step-000003");
    refused(whole(checkpoint, "quantize: none"), "model.path: " + checkpoint + problem);
    Path on = train("on", whole(HF, DOUBLE), lora(1).replace("r: 4", "path: " + adapter));
    assertThat(last(on, "loss")).isLessThan(first(run, "loss") - 0.05);
  }

  private void refused(String model, String... parts) throws IOException {
    for (String command : List.of("plan", "train")) {
      CommandRun ran =
          CommandRun.of(List.of(command, recipe("refused", model, lora(1)).toString()));
      assertThat(ran.code()).isEqualTo(2);
      assertThat(ran.errors()).contains(parts);
    }
  }

  private Path fourBits() {
    return export("bnb-nf4", "nf4_double");
  }

  private Path export(String layout, String dtype) {
    return export(HF, directory.resolve(dtype), layout + " --dtype " + dtype);
  }

  private static Path export(Path model, Path out, String layout) {
    List<String> command = new ArrayList<>(List.of("model", "export", "--model", model.toString()));
    command.addAll(List.of("--precision", "fp32", "--out", out.toString(), "--to"));
    command.addAll(List.of(layout.split(" ")));
    CommandRun ran = CommandRun.of(command);
    assertThat(ran.code()).as(ran.errors()).isZero();
    return out;
  }

  private static String whole(Path model, String quantize) {
    return "{ path: %s, max_tokens: 512, %s }".formatted(model, quantize);
  }

  private static String parts(Path decoder, String quantize) {
    return "{ vision: { path: %s }, projector: { path: %s }, decoder: { path: %s, %s }, max_tokens: 512 }"
        .formatted(HF, HF, decoder, quantize);
  }

  private static String lora(int steps) {
    return stage("adapt", "decoder: { lr: 1e-2, adapter: { r: 4 } }")
        .replace("steps: 1", "steps: " + steps);
  }

  private static String stage(String name, String train) {
    return """
      - name: %s
        train: { %s }
        data: [ { path: %s, images: %s } ]
        template: v1
        order: { shuffle: false }
        steps: 1
        batch: { size: 8, micro_size: 4 }
    """
        .formatted(name, train, Golden.path("train/data.json"), Golden.path("train/images"));
  }

  private Path recipe(String name, String model, String stages) throws IOException {
    String yaml =
        """
        name: run
        output: %s
        model: %s
        runtime: { precision: fp32, threads: 1 }
        stages:
        %s\
        """
            .formatted(directory.resolve(name), model, stages);
    return Files.writeString(directory.resolve(name + ".yaml"), yaml);
  }

  private Path train(String name, String model, String stages) throws IOException {
    CommandRun ran = CommandRun.of(List.of("train", recipe(name, model, stages).toString()));
    assertThat(ran.code()).as(ran.errors()).isZero();
    return directory.resolve(name);
  }

  private String plan(String model) throws IOException {
    CommandRun ran = CommandRun.of(List.of("plan", recipe("plan", model, lora(1)).toString()));
    assertThat(ran.code()).as(ran.errors()).isZero();
    return ran.out();
  }

  private static JsonNode answer(Path model) throws IOException {
    List<String> command = new ArrayList<>(List.of("generate", "--model", model.toString()));
    command.addAll(List.of("--raw", "--prompt", "Hello", "--ignore-eos", "--json"));
    command.addAll(List.of("--max-new-tokens", "8", "--precision", "fp32"));
    CommandRun ran = CommandRun.of(command);
    assertThat(ran.code()).as(ran.errors()).isZero();
    return new ObjectMapper().readTree(ran.out()).get("new_ids");
  }

  private static JsonNode config(Path model) throws IOException {
    return new ObjectMapper().readTree(model.resolve("config.json").toFile());
  }

  private static double first(Path run, String metric) throws IOException {
    return TinyRun.numbers(run).getFirst().get(metric).asDouble();
  }

  private static double last(Path run, String metric) throws IOException {
    return TinyRun.numbers(run).getLast().get(metric).asDouble();
  }
}
