package dev.jlava.model;

import static dev.jlava.model.Close.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.data.batch.Example;
import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class LlavaGoldenTest {
  private static final String WEIGHTS = "llava/hf/model.safetensors";
  private final GoldenTensors golden = Golden.tensors("llava/golden.safetensors");
  private final GoldenTensors grads = Golden.tensors("llava/grads.safetensors");
  private final JsonNode config = Golden.json("llava/hf/config.json");

  @Test
  void lossAndGradientsAreHuggingFaces() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      VisionLanguageModel model = model(engine, scope);
      model.projector().part().parameters().forEach(p -> p.setTrained(true));
      model.decoder().part().parameters().forEach(p -> p.setTrained(true));
      Map<String, float[]> found = new HashMap<>();
      try (Scope step = new Scope();
          CollectedGradients sums = new CollectedGradients()) {
        PackedBatch batch = batch(model);
        int count = batch.targets().length;
        try (Tape tape = Tape.recording(engine.ops(step), sums, Tape.Activations.KEEP)) {
          float loss = model.train(tape, batch, 1.0 / count) / count;
          assertClose("loss", new float[] {loss}, golden.floats("loss"), 2e-5, 1e-4);
        }
        sums.forEach((p, g) -> found.put(p.name(), g.floats()));
      }
      for (String name : grads.names()) {
        String ours =
            name.replace("language_model.", "decoder.")
                .replace("multi_modal_projector.", "projector.");
        float[] gradient = java.util.Objects.requireNonNull(found.get(ours), ours);
        assertClose(name, gradient, grads.floats(name), 2e-5, 1e-4);
      }
      assertThat(grads.names()).hasSizeGreaterThanOrEqualTo(10);
    }
  }

  @Test
  void embeddingsWithImagesAreHuggingFaces() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      VisionLanguageModel model = model(engine, scope);
      Ops ops = engine.ops(scope);
      PackedBatch batch = batch(model);
      Tensor x = model.embed(Tape.forwardOnly(ops), batch);
      float[] found = x.floats();
      float[] expected = golden.floats("inputs_embeds");
      long[] mask = golden.longs("attention_mask");
      int width = (int) x.size(1);
      int row = 0;
      for (int at = 0; at < mask.length; at++) {
        if (mask[at] == 1) {
          float[] ours = Arrays.copyOfRange(found, row * width, (row + 1) * width);
          float[] theirs = Arrays.copyOfRange(expected, at * width, (at + 1) * width);
          assertClose("embedding of position " + at, ours, theirs, 2e-5, 1e-4);
          row++;
        }
      }
      assertThat(row).isEqualTo(batch.ids().length);
    }
  }

  private VisionLanguageModel model(Engine engine, Scope scope) {
    VisionConfig vision = VisionConfig.of(config);
    DecoderConfig text = DecoderConfig.of(config);
    Part tower = part(engine, scope, "vision_tower.", "vision", vision.tensors());
    Part projector =
        part(
            engine,
            scope,
            "multi_modal_projector.",
            "projector",
            Projector.tensors(2, vision.hiddenSize(), text.hiddenSize()));
    Part decoder = part(engine, scope, "language_model.", "decoder", text.tensors());
    return new VisionLanguageModel(
        new VisionTransformer(vision, tower),
        new Projector(projector, 2, "gelu"),
        new LlamaDecoder(text, decoder),
        new VisionFeatures(-2, false),
        ScalarType.F32);
  }

  private static Part part(
      Engine engine, Scope scope, String prefix, String name, List<TensorSpec> specs) {
    return GoldenParts.load(engine, scope, WEIGHTS, prefix, name, specs);
  }

  /// The golden batch without its padding.
  private PackedBatch batch(VisionLanguageModel model) {
    int image = config.get("image_token_index").asInt();
    long[] ids = golden.longs("input_ids");
    long[] mask = golden.longs("attention_mask");
    long[] labels = golden.longs("labels");
    int width = (int) golden.shape("input_ids")[1];
    List<Integer> flat = new ArrayList<>();
    List<Integer> positions = new ArrayList<>();
    List<Integer> starts = new ArrayList<>(List.of(0));
    List<Integer> rows = new ArrayList<>();
    List<Integer> targets = new ArrayList<>();
    List<Integer> images = new ArrayList<>();
    for (int at = 0; at < ids.length; at++) {
      if (mask[at] == 1) {
        if ((at + 1) % width != 0 && labels[at + 1] != Example.IGNORE && mask[at + 1] == 1) {
          rows.add(flat.size());
          targets.add((int) labels[at + 1]);
        }
        if (ids[at] == image) {
          images.add(flat.size());
        }
        positions.add(flat.size() - starts.getLast());
        flat.add(ids[at] == image ? Example.IMAGE : (int) ids[at]);
      }
      if ((at + 1) % width == 0) {
        starts.add(flat.size());
      }
    }
    assertThat(images).hasSize(3 * model.tokensPerImage());
    return new PackedBatch(
        ints(flat),
        ints(positions),
        ints(starts),
        ints(images),
        ints(rows),
        ints(targets),
        pixels(),
        List.of("one", "text", "two"));
  }

  private List<float[]> pixels() {
    float[] all = golden.floats("pixel_values");
    int size = all.length / 3;
    return List.of(
        Arrays.copyOfRange(all, 0, size),
        Arrays.copyOfRange(all, size, 2 * size),
        Arrays.copyOfRange(all, 2 * size, 3 * size));
  }

  private static int[] ints(List<Integer> all) {
    return all.stream().mapToInt(Integer::intValue).toArray();
  }
}
