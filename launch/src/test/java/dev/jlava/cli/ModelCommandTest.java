package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `./jlava model`: what it writes is read by the same command line, and by the golden files.
final class ModelCommandTest {
  private static final String HF = golden("llava/hf");
  private static final String LORA = golden("llava/original_lora");

  @TempDir Path directory;

  private static String golden(String name) {
    return Golden.path(name).toString();
  }

  private String out(String name) {
    return directory.resolve(name).toString();
  }

  private static CommandRun model(String... arguments) {
    List<String> all = new ArrayList<>(List.of("model"));
    all.addAll(List.of(arguments));
    return CommandRun.of(all);
  }

  private static CommandRun exported(String... arguments) {
    List<String> all = new ArrayList<>(List.of("model", "export", "--model"));
    all.addAll(List.of(arguments));
    CommandRun ran = CommandRun.of(all);
    assertThat(ran.errors()).isEmpty();
    assertThat(ran.code()).isZero();
    assertThat(ran.out()).contains("written and read back, largest difference of a probe's logits");
    return ran;
  }

  private static JsonNode json(CommandRun run) throws IOException {
    return new ObjectMapper().readTree(run.out());
  }

  /// The original's own save_pretrained wrote the golden one; ours has the tower beside.
  @Test
  void theOriginalLayoutHasTheOriginalsTensorsAndKeys() throws IOException {
    exported(HF, "--to", "llava", "--out", out("llava"));
    GoldenTensors found = GoldenTensors.read(directory.resolve("llava/model.safetensors"));
    GoldenTensors expected = Golden.tensors("llava/original/model/model.safetensors");
    List<String> names =
        expected.names().stream().filter(n -> !n.contains("vision_tower")).toList();
    assertThat(found.names()).containsExactlyInAnyOrderElementsOf(names);
    for (String name : names) {
      assertThat(found.floats(name)).as(name).isEqualTo(expected.floats(name));
    }
    GoldenTensors tower =
        GoldenTensors.read(directory.resolve("llava/vision_tower/model.safetensors"));
    GoldenTensors clip = Golden.tensors("llava/original/clip_tower/model.safetensors");
    for (String name : tower.names()) {
      assertThat(tower.floats(name)).as(name).isEqualTo(clip.floats(name));
    }
    assertThat(tower.names()).hasSizeGreaterThan(30);
    JsonNode config = new ObjectMapper().readTree(directory.resolve("llava/config.json").toFile());
    for (String key :
        List.of(
            "model_type",
            "architectures",
            "mm_projector_type",
            "mm_hidden_size",
            "mm_vision_select_layer",
            "mm_vision_select_feature",
            "mm_patch_merge_type",
            "mm_use_im_start_end",
            "vocab_size",
            "hidden_size",
            "torch_dtype")) {
      assertThat(config.get(key))
          .as(key)
          .isEqualTo(Golden.json("llava/original/model/config.json").get(key));
    }
    CommandRun projector =
        model("diff", out("llava/mm_projector.bin"), golden("llava/original/mm_projector.bin"));
    assertThat(projector.out()).contains("4 tensors equal, 0 different");
    assertThat(projector.code()).isZero();
  }

  @Test
  void backToHuggingFaceNothingIsLost() {
    exported(HF, "--to", "llava", "--out", out("llava"));
    CommandRun silent = exported(golden("llava/original/model"), "--to", "hf", "--out", out("no"));
    assertThat(silent.out()).startsWith("No chat template is written: the model's directory does");
    CommandRun ran =
        exported(out("llava"), "--to", "hf", "--template", "chatml", "--out", out("hf"));
    assertThat(ran.out()).doesNotContain("No chat template");
    assertThat(directory.resolve("hf/chat_template.jinja")).content().contains("<|im_start|>");
    assertThat(model("diff", HF, out("hf")).code()).isZero();
  }

  @Test
  void theOriginalLayoutIsLookedIntoWithItsTower() throws IOException {
    exported(HF, "--to", "llava", "--out", out("llava"));
    JsonNode totals = json(model("inspect", "--json", HF)).get("totals");
    JsonNode original = json(model("inspect", "--json", out("llava"))).get("totals");
    assertThat(original.get("vision")).isEqualTo(totals.get("vision"));
    assertThat(original.get("decoder")).isEqualTo(totals.get("decoder"));
    CommandRun same = model("diff", HF, out("llava"));
    assertThat(same.code()).as(same.out()).isZero();
    assertThat(same.out()).contains("80 tensors equal, 0 different");

    exported(HF, "--to", "llava", "--dtype", "bf16", "--out", out("half"));
    Path tower = directory.resolve("llava/vision_tower/model.safetensors");
    Files.copy(
        directory.resolve("half/vision_tower/model.safetensors"),
        tower,
        StandardCopyOption.REPLACE_EXISTING);
    JsonNode found = json(model("diff", "--json", HF, out("llava")));
    assertThat(found.get("different").findValuesAsText("name"))
        .hasSize(totals.at("/vision/tensors").asInt())
        .allMatch(name -> name.startsWith("vision:"));
  }

  @ParameterizedTest
  @CsvSource({"fp16, F16, float16", "bf16, BF16, bfloat16", "fp32, F32, float32"})
  void aDtypeIsThatOfEveryTensorAndOfTheConfiguration(String dtype, String stored, String torch)
      throws IOException {
    exported(HF, "--to", "hf", "--dtype", dtype, "--out", out("hf"));
    JsonNode tensors = json(model("inspect", "--json", out("hf"))).get("tensors");
    assertThat(tensors.findValuesAsText("dtype")).hasSize(80).containsOnly(stored);
    assertThat(
            new ObjectMapper()
                .readTree(directory.resolve("hf/config.json").toFile())
                .get("torch_dtype")
                .asText())
        .isEqualTo(torch);
  }

  @Test
  void adaptersAreMergedOnlyWhereThatIsAskedFor() {
    CommandRun refused = model("export", "--model", LORA, "--to", "hf", "--out", out("hf"));
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.errors())
        .isEqualTo(
            "the model has adapters (of decoder), which this layout cannot hold; fold them in with"
                + " --merge, or write them by themselves with --to peft\n");
    assertThat(directory.resolve("hf")).doesNotExist();
    exported(LORA, "--to", "hf", "--merge", "--out", out("hf"));
    assertThat(model("merge", "--model", LORA, "--out", out("merged")).code()).isZero();
    assertThat(model("diff", out("hf"), out("merged")).code()).isZero();
    String weight = "language_model.model.layers.0.self_attn.q_proj.weight";
    float[] merged = GoldenTensors.read(directory.resolve("hf/model.safetensors")).floats(weight);
    assertThat(merged).isNotEqualTo(Golden.tensors("llava/hf/model.safetensors").floats(weight));
  }

  @Test
  void anAdapterGoesOutAsPeftHasIt() throws IOException {
    exported(LORA, "--base", HF, "--to", "peft", "--out", out("adapter"));
    JsonNode inspected = json(model("inspect", "--json", out("adapter")));
    assertThat(inspected.get("adapter_config").get("r").asInt()).isEqualTo(4);
    assertThat(inspected.get("totals").get("projector").get("tensors").asInt()).isEqualTo(4);
    assertThat(inspected.get("totals").get("decoder").get("tensors").asInt()).isEqualTo(28);
    GoldenTensors expected =
        GoldenTensors.read(directory.resolve("adapter/adapter_model.safetensors"));
    assertThat(expected.names())
        .contains("base_model.model.model.language_model.layers.1.mlp.up_proj.lora_B.weight");
    exported(golden("lora/dora"), "--to", "peft", "--out", out("dora"));
    assertThat(model("diff", golden("lora/dora/adapter_model.safetensors"), out("dora")).code())
        .isZero();
    CommandRun merged =
        model("export", "--model", LORA, "--to", "peft", "--merge", "--out", out("none"));
    assertThat(merged.errors()).startsWith("--merge: this layout is the adapters' own");
    CommandRun none = model("export", "--model", HF, "--to", "peft", "--out", out("none"));
    assertThat(none.errors()).startsWith("--to peft: the model has no adapter at work; give a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "rslora", "dora"})
  void aMergedDecoderIsPefts(String variant) {
    exported(golden("lora/" + variant), "--to", "hf", "--merge", "--out", out("hf"));
    GoldenTensors found = GoldenTensors.read(directory.resolve("hf/model.safetensors"));
    GoldenTensors expected = Golden.tensors("lora/" + variant + "/merged.safetensors");
    for (String name : expected.names()) {
      assertThat(found.floats(name)).containsExactly(expected.floats(name), within(2e-5f));
    }
  }

  @Test
  void differencesAreMeasured() throws IOException {
    exported(HF, "--to", "hf", "--dtype", "bf16", "--out", out("bf16"));
    CommandRun ran = model("diff", "--json", HF, out("bf16"));
    assertThat(ran.code()).isEqualTo(1);
    JsonNode found = json(ran);
    assertThat(found.get("equal").asBoolean()).isFalse();
    assertThat(found.get("different")).hasSize(80);
    for (JsonNode tensor : found.get("different")) {
      assertThat(tensor.get("relative_norm").asDouble()).isBetween(1e-4, 4e-3);
      assertThat(tensor.get("max_abs").asDouble()).isGreaterThan(tensor.get("mean_abs").asDouble());
    }
    JsonNode parts = json(model("diff", "--json", HF, golden("llava/original/clip_tower")));
    assertThat(parts.get("same").asInt()).isEqualTo(55);
    assertThat(parts.get("only_a").toString()).contains("decoder:model.norm.weight");
    assertThat(parts.get("only_b")).isEmpty();
  }

  /// A weight that half precision does not have.
  @Test
  void whatComesBackDifferentDoesNotTakeTheName() throws IOException {
    Path source = Files.createDirectories(directory.resolve("source"));
    try (Stream<Path> files = Files.list(Path.of(HF))) {
      for (Path file : files.toList()) {
        Files.copy(file, source.resolve(file.getFileName()));
      }
    }
    Path weights = source.resolve("model.safetensors");
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(weights)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] header = new byte[(int) bytes.getLong(0)];
    bytes.get(8, header);
    int start =
        new ObjectMapper()
            .readTree(header)
            .get("language_model.lm_head.weight")
            .get("data_offsets")
            .get(0)
            .asInt();
    bytes.putFloat(8 + header.length + start, 1e6f);
    Files.write(weights, bytes.array());
    CommandRun ran =
        model(
            "export",
            "--model",
            source.toString(),
            "--to",
            "hf",
            "--dtype",
            "fp16",
            "--out",
            out("half"));
    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.errors())
        .startsWith(out("half") + ": the model read back is another one (largest difference")
        .endsWith("what was written is in " + out("half.partial") + "\n");
    assertThat(directory.resolve("half")).doesNotExist();
  }

  @Test
  void ggufFilesAnswerAsTheModelDoes() throws IOException {
    exported(HF, "--to", "gguf", "--dtype", "fp32", "--out", out("gguf"));
    String decoder = directory.resolve("gguf/model-fp32.gguf").toString();
    assertThat(answer(decoder)).isEqualTo(answer(HF)).hasSize(8);
    assertThat(model("inspect", decoder).out())
        .contains("decoder   F32   [416, 32]               53248 bytes  model.embed_tokens.weight");
    assertThat(model("diff", HF, out("gguf")).out()).contains("vision_model.post_layernorm.bias");
    exported(HF, "--to", "gguf", "--dtype", "q8_0", "--out", out("small"));
    assertThat(model("inspect", out("small")).out())
        .contains("decoder   Q8_0  [416, 32]               14144 bytes  model.embed_tokens.weight");
  }

  /// What the model was trained with, which may not be what its decoder's directory says.
  @Test
  void aGgufFileHasTheTemplateOfTheModelAndElseTheDirectorysOwnProgram() throws IOException {
    exported(HF, "--to", "gguf", "--out", out("own"));
    exported(HF, "--to", "gguf", "--template", "chatml", "--out", out("other"));
    String program = Files.readString(Path.of(HF, "chat_template.jinja"));
    assertThat(text("own/model-fp16.gguf")).contains(program).doesNotContain("<|im_start|>");
    assertThat(text("other/model-fp16.gguf")).contains("<|im_start|>").doesNotContain(program);
  }

  private String text(String file) throws IOException {
    return Files.readString(directory.resolve(file), StandardCharsets.ISO_8859_1);
  }

  @Test
  void fourBitsAreWrittenAndStayWhatTheyAre() throws IOException {
    exported(HF, "--to", "bnb-nf4", "--dtype", "nf4_double", "--out", out("four"));
    JsonNode config = new ObjectMapper().readTree(directory.resolve("four/config.json").toFile());
    assertThat(config.at("/quantization_config/load_in_4bit").asBoolean()).isTrue();
    assertThat(config.at("/quantization_config/bnb_4bit_use_double_quant").asBoolean()).isTrue();
    assertThat(model("inspect", out("four")).out()).contains("quant_state.bitsandbytes__nf4");
    assertThat(answer(out("four"))).hasSize(8);
    exported(out("four"), "--to", "bnb-nf4", "--out", out("again"));
    assertThat(directory.resolve("again/model.safetensors"))
        .hasSameBinaryContentAs(directory.resolve("four/model.safetensors"));
    CommandRun dtype =
        model("export", "--model", HF, "--to", "bnb-nf4", "--dtype", "fp16", "--out", out("x"));
    assertThat(dtype.errors())
        .startsWith("--dtype fp16: not one of bnb-nf4's (allowed nf4, nf4_double)\n");
  }

  private static JsonNode answer(String model) throws IOException {
    String image = golden("llava/images/0.png");
    List<String> asked = List.of("--raw", "--prompt", "USER: <image>\nWhat is this? ASSISTANT:");
    List<String> all = new ArrayList<>(List.of("generate", "--model", model, "--image", image));
    all.addAll(asked);
    all.addAll(List.of("--aspect", "square", "--max-new-tokens", "8", "--ignore-eos", "--json"));
    return json(CommandRun.of(all)).get("new_ids");
  }

  @Test
  void whatIsThereIsNotOverwritten() throws IOException {
    Files.writeString(directory.resolve("file"), "x");
    CommandRun ran = model("export", "--model", HF, "--to", "hf", "--out", directory.toString());
    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.errors())
        .isEqualTo(directory + ": is there already; choose another directory, or remove it\n");
  }

  @Test
  void usageFaultsNameWhatIsAllowed() {
    CommandRun layout = model("export", "--model", HF, "--to", "onnx", "--out", out("x"));
    assertThat(layout.code()).isEqualTo(2);
    assertThat(layout.errors())
        .startsWith("--to onnx: no such layout (allowed hf, llava, peft, gguf, bnb-nf4)\n");
    CommandRun dtype =
        model("export", "--model", HF, "--to", "hf", "--dtype", "int4", "--out", out("x"));
    assertThat(dtype.code()).isEqualTo(2);
    assertThat(dtype.errors())
        .startsWith("--dtype int4: not one of hf's (allowed fp32, bf16, fp16)\n");
    CommandRun blocks =
        model("export", "--model", HF, "--to", "gguf", "--dtype", "q2_k", "--out", out("x"));
    assertThat(blocks.errors())
        .startsWith(
            "--dtype q2_k: not one of gguf's (allowed fp32, fp16, bf16, q8_0, q4_0, q4_k,"
                + " q5_k)\n");
    assertThat(model().code()).isEqualTo(2);
    assertThat(model("inspect", out("x")).errors()).contains("no tensors (expected a file of");
  }
}
