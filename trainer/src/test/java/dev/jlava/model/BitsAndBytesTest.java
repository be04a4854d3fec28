package dev.jlava.model;

import static dev.jlava.model.Close.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.adapter.Int8Weight;
import dev.jlava.adapter.Linear;
import dev.jlava.adapter.Quantisation;
import dev.jlava.adapter.QuantisedWeight;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import dev.jlava.weights.BitsAndBytes;
import dev.jlava.weights.PartName;
import dev.jlava.weights.SafetensorsWriter;
import dev.jlava.weights.WeightFiles;
import dev.jlava.weights.WeightsException;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Checkpoints that transformers has saved with bitsandbytes' weights in them.
final class BitsAndBytesTest {
  private static final Path CHECKPOINT = Golden.path("nf4/checkpoint");

  @TempDir Path directory;

  private final Engine engine = Engine.start(new Device.Cpu(), 1);
  private final Scope scope = new Scope();

  @AfterEach
  void close() {
    scope.close();
    engine.close();
  }

  private LlamaDecoder load(Path path, ScalarType type, Quantisation quantisation) {
    return new ModelParts(new PartLoader(engine, scope, type, quantisation))
        .decoder(path, OptionalLong.empty());
  }

  /// The reference logits are those of bitsandbytes' CPU code, which reads the scale of another
  /// block where a weight's rows do not end with a block, unlike its own quantiser and its CUDA
  /// code (docs/decisions): here that is one weight, which gets those values.
  @Test
  void aSavedCheckpointStaysQuantisedAndHasTheReferenceLogits() {
    LlamaDecoder decoder = load(CHECKPOINT, ScalarType.F32, Quantisation.NONE);
    assertThat(decoder.part().quantised()).hasSize(7);
    Map<String, Parameter> dense = new LinkedHashMap<>();
    decoder.part().parameters().forEach(p -> dense.put(decoder.part().nameOf(p), p));
    for (QuantisedWeight weight : decoder.part().quantised()) {
      float[] values = values(weight);
      boolean ragged = weight.shape()[1] % 64 != 0;
      assertThat(ragged).isEqualTo(weight.name().contains("down_proj"));
      float[] read = ragged ? withScalesOfTheCpuCode(values, (int) weight.shape()[1]) : values;
      Tensor value = engine.tensor(scope, read, weight.shape());
      dense.put(weight.name().substring("decoder.".length()), new Parameter(weight.name(), value));
    }
    LlamaDecoder asRead = new LlamaDecoder(decoder.config(), new Part("decoder", dense));
    GoldenTensors golden = Golden.tensors("nf4/checkpoint_golden.safetensors");
    int[] ids = IntStream.range(0, 9).map(i -> (int) golden.longs("input_ids")[i]).toArray();
    float[] all = golden.floats("logits");
    for (int length = 1; length <= ids.length; length++) {
      float[] expected = Arrays.copyOfRange(all, (length - 1) * 64, length * 64);
      float[] found = logits(asRead, Arrays.copyOf(ids, length));
      assertClose("logits", found, expected, 2e-5, 1e-4);
    }
    assertThat(logits(decoder, ids)).isNotEqualTo(logits(asRead, ids));
  }

  private float[] logits(LlamaDecoder decoder, int[] ids) {
    try (Scope step = new Scope();
        Tape tape = Tape.forwardOnly(engine.ops(step))) {
      KeyValueCache cache =
          new KeyValueCache(tape.ops(), decoder.config(), ScalarType.F32, ids.length);
      return TextOnly.model(decoder).logits(tape, TextOnly.prompt(ids), List.of(cache)).floats();
    }
  }

  /// Every block holds a value of its scale, since the largest is a level.
  private static float[] withScalesOfTheCpuCode(float[] values, int width) {
    float[] scales = new float[(values.length + 63) / 64];
    for (int i = 0; i < values.length; i++) {
      scales[i / 64] = Math.max(scales[i / 64], Math.abs(values[i]));
    }
    float[] read = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      int scale = i / width * (width / 64) + i % width / 64;
      read[i] = values[i] / scales[i / 64] * scales[scale];
    }
    return read;
  }

  /// Reading and writing gives back what transformers wrote, and so does quantising anew.
  @Test
  void whatIsWrittenIsWhatTransformersWrote() throws IOException {
    LlamaDecoder decoder = load(CHECKPOINT, ScalarType.F32, Quantisation.NONE);
    GoldenTensors golden = Golden.tensors("nf4/checkpoint/model.safetensors");
    GoldenTensors written = written(decoder.part());
    int compared = 0;
    for (String name : golden.names()) {
      if (name.contains("_proj.")) {
        same(golden, written, name);
        compared++;
      }
    }
    assertThat(compared).isEqualTo(written.names().size()).isEqualTo(7 * 6);
  }

  private GoldenTensors written(Part part) {
    List<SafetensorsWriter.Item> items = new ArrayList<>();
    for (QuantisedWeight weight : part.quantised()) {
      String name = weight.name().substring("decoder.".length());
      items.addAll(BitsAndBytesItems.of(weight, name));
    }
    Path file = directory.resolve("model.safetensors");
    SafetensorsWriter.write(file, items);
    return GoldenTensors.read(file);
  }

  private static void same(GoldenTensors golden, GoldenTensors written, String name)
      throws IOException {
    if (name.endsWith(BitsAndBytes.STATE)) {
      ObjectMapper json = new ObjectMapper();
      assertThat(json.readTree(written.uint8(name))).isEqualTo(json.readTree(golden.uint8(name)));
      return;
    }
    assertThat(written.shape(name)).as(name).isEqualTo(golden.shape(name));
    boolean bytes =
        name.endsWith(".weight") || (name.endsWith(".absmax") && !name.contains("nested"));
    if (bytes) {
      assertThat(written.uint8(name)).as(name).isEqualTo(golden.uint8(name));
    } else {
      assertThat(written.floats(name)).as(name).isEqualTo(golden.floats(name));
    }
  }

  /// The file of a quantised part is read as the part was, in 4 bits and in 8.
  @Test
  void bothLayoutsComeBackAsTheyWere() throws IOException {
    for (Quantisation quantisation : List.of(Quantisation.NF4, Quantisation.INT8)) {
      LlamaDecoder dense = load(Golden.path("llama/mha"), ScalarType.F32, Quantisation.NONE);
      Part part =
          new PartLoader(engine, scope, ScalarType.F32, quantisation).quantised(dense.part());
      List<SafetensorsWriter.Item> items = new ArrayList<>();
      part.quantised()
          .forEach(
              w -> items.addAll(BitsAndBytesItems.of(w, w.name().substring("decoder.".length()))));
      part.parameters()
          .forEach(p ->
              items.add(
                  new SafetensorsWriter.Item(
                      part.nameOf(p),
                      dev.jlava.weights.Dtype.F32,
                      p.value().shape(),
                      p.value()::bytes)));
      Files.copy(
          Golden.path("llama/mha/config.json"),
          directory.resolve("config.json"),
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      SafetensorsWriter.write(directory.resolve("model.safetensors"), items);
      Part read = load(directory, ScalarType.F32, Quantisation.NONE).part();
      assertThat(read.quantised()).hasSameSizeAs(part.quantised()).hasSize(14);
      Part loaded = load(Golden.path("llama/mha"), ScalarType.F32, quantisation).part();
      for (QuantisedWeight weight : part.quantised()) {
        String layer = AdapterLayout.module(weight.name().substring("decoder.".length()));
        float[] expected = values(weight);
        assertThat(values(quantised(read, layer))).as(layer).isEqualTo(expected);
        assertThat(values(quantised(loaded, layer))).as(layer).isEqualTo(expected);
        assertThat(weight.bytes())
            .isEqualTo(
                quantisation.bytes(weight.shape(), 4)
                    + (weight instanceof Int8Weight ? 0 : 16 * Float.BYTES));
      }
    }
  }

  private static QuantisedWeight quantised(Part part, String layer) {
    return ((Linear.Quantised) part.base(layer)).weight();
  }

  private float[] values(QuantisedWeight weight) {
    Ops ops = engine.ops(scope);
    return weight.read(ops, Tensor::floats);
  }

  /// transformers skips no module of a LLaVA by itself: the tower stays as it is, the projector
  /// gets the values.
  @ParameterizedTest
  @ValueSource(strings = {"llava", "llava_int8"})
  void aWholeModelKeepsTowerAndDecoder(String kind) {
    Path saved = Golden.path("nf4/" + kind);
    VisionLanguageModel model = LlavaDirectory.open(saved).load(engine, scope, ScalarType.F32);
    Map<String, float[]> quantised = new LinkedHashMap<>();
    for (Part part : List.of(model.vision().part(), model.decoder().part())) {
      for (QuantisedWeight weight : part.quantised()) {
        String name = weight.name().substring(part.name().length() + 1);
        quantised.put(new PartName(part.name(), name).inHuggingFaceLlava(), values(weight));
      }
    }
    Part projector = model.projector().part();
    assertThat(projector.quantised()).isEmpty();
    projector.parameters().stream()
        .filter(weight -> weight.name().endsWith(".weight"))
        .forEach(weight ->
            quantised.put(
                new PartName("projector", projector.nameOf(weight)).inHuggingFaceLlava(),
                weight.value().floats()));
    GoldenTensors file = Golden.tensors("nf4/" + kind + "/model.safetensors");
    quantised.forEach((name, values) ->
        assertClose(name, values, asTheFileHasThem(file, name, values.length), 1e-7, 1e-6));
    JsonNode golden = Golden.json("nf4/llava_text.json").get(kind);
    assertThat(quantised.keySet())
        .hasSize(34)
        .containsExactlyInAnyOrderElementsOf(
            golden.get("quantised").valueStream().map(JsonNode::asText).toList());
    assertThat(ModelShape.of(saved).stored())
        .containsOnlyKeys("vision", "decoder")
        .containsValue(kind.equals("llava") ? Quantisation.NF4 : Quantisation.INT8);
  }

  /// A weight's values by a plain formula: a level times the scale of its block of 64, the high
  /// half of a byte first, or a code times its row's largest magnitude over 127.
  private static float[] asTheFileHasThem(GoldenTensors file, String name, int size) {
    boolean four = file.names().contains(name + ".quant_map");
    byte[] codes = four ? file.uint8(name) : file.int8(name);
    float[] scales = file.floats(four ? name + ".absmax" : name.replaceFirst("weight$", "SCB"));
    float[] levels = four ? file.floats(name + ".quant_map") : new float[0];
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] =
          four
              ? levels[codes[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15] * scales[i / 64]
              : codes[i] * scales[i / (size / scales.length)] / 127;
    }
    return values;
  }

  @Test
  void damagedStatesAreErrorsThatNameTheTensor() throws IOException {
    String weight = "model.layers.0.mlp.up_proj.weight";
    damaged(weight + ".quant_map", (byte) 9, weight + ".quant_map' holds other levels than NF4's");
    damaged(weight + "." + BitsAndBytes.STATE, (byte) '7', "is not JSON");
  }

  private void damaged(String tensor, byte value, String message) throws IOException {
    Path file = directory.resolve("model.safetensors");
    List<SafetensorsWriter.Item> items = new ArrayList<>();
    try (WeightFiles files = WeightFiles.open(CHECKPOINT)) {
      files
          .entries()
          .forEach((name, entry) -> {
            byte[] bytes = entry.data().toArray(ValueLayout.JAVA_BYTE);
            if (name.equals(tensor)) {
              bytes[0] = value;
            }
            items.add(
                new SafetensorsWriter.Item(
                    name,
                    entry.dtype(),
                    entry.shape(),
                    _ -> java.lang.foreign.MemorySegment.ofArray(bytes)));
          });
      SafetensorsWriter.write(file, items);
    }
    Files.copy(
        CHECKPOINT.resolve("config.json"),
        directory.resolve("config.json"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> load(directory, ScalarType.F32, Quantisation.NONE))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining(message);
  }
}
