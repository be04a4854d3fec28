package dev.jlava.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.data.batch.Example;
import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Scope;
import dev.jlava.model.Adapter;
import dev.jlava.model.Adapters;
import dev.jlava.model.PeftDirectory;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// One golden training run: its settings, batches and expected figures.
final class GoldenRun {
  record Step(
      List<PackedBatch> microBatches, double loss, double gradNorm, double lr, double factor) {}

  private final String run;
  private final VisionLanguageModel model;
  private final JsonNode settings;
  private final JsonNode samples;
  private final GoldenTensors pixels = Golden.tensors("train/pixel_values.safetensors");

  GoldenRun(String run, VisionLanguageModel model) {
    this.run = run;
    this.model = model;
    this.settings = Golden.json("train/train.json").get("runs").get(run);
    String stage = run.startsWith("stage1") ? "stage1" : "stage2";
    this.samples = Golden.json("train/samples.json").get(stage);
  }

  static TrainingStep.Average average(String run) {
    return run.endsWith("micro_mean")
        ? TrainingStep.Average.MICRO_BATCH
        : TrainingStep.Average.GLOBAL_TOKENS;
  }

  Map<String, ParameterGroups.Rate> parts() {
    double decay = settings.get("weight_decay").asDouble();
    double lr = settings.get("lr").asDouble();
    double projector = settings.path("mm_projector_lr").asDouble(lr);
    Map<String, ParameterGroups.Rate> parts = new LinkedHashMap<>();
    parts.put("projector", new ParameterGroups.Rate(projector, decay));
    if (!run.equals("stage1")) {
      parts.put("decoder", new ParameterGroups.Rate(lr, decay));
    }
    return parts;
  }

  /// Puts in the projector and the adapter that the run starts with.
  void start(Engine engine, Scope scope) {
    if (lora()) {
      Adapters adapters = new Adapters(engine, scope);
      PeftDirectory.load(
          adapters,
          model.parts(),
          Golden.path("train/lora_init"),
          new PeftDirectory.Loading(Adapter.DEFAULT, 1, 1));
    }
    if (settings.get("start").asText().equals("stage1")) {
      GoldenTensors stage1 = Golden.tensors("train/stage1/final.safetensors");
      for (String name : stage1.names()) {
        Parameter parameter = find(name);
        parameter.value().write(MemorySegment.ofArray(stage1.floats(name)));
      }
    }
    assertThat(engine.liveTensors()).isPositive();
  }

  private boolean lora() {
    return run.equals("stage2_lora");
  }

  /// Compares the weights after training.
  void assertFinal() {
    assertFinal(Golden.tensors("train/" + run + "/final.safetensors"), "");
    if (lora()) {
      GoldenTensors adapter = Golden.tensors("train/" + run + "/adapter/adapter_model.safetensors");
      assertThat(adapter.names()).hasSize(28);
      assertFinal(adapter, "base_model.model.");
    }
  }

  private Parameter find(String hf) {
    String name =
        hf.replace("model.language_model.", "decoder.model.")
            .replace("multi_modal_projector.", "projector.")
            .replace("language_model.", "decoder.");
    return model.parts().stream()
        .flatMap(part -> Stream.of(part.parameters(), part.trainable()))
        .flatMap(java.util.Collection::stream)
        .filter(p -> p.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private void assertFinal(GoldenTensors expected, String prefix) {
    for (String name : expected.names()) {
      float[] found = find(name.substring(prefix.length())).value().floats();
      float[] wanted = expected.floats(name);
      for (int i = 0; i < wanted.length; i++) {
        assertThat(found[i]).as(name + "[" + i + "]").isCloseTo(wanted[i], within(2e-5f));
      }
    }
  }

  List<Step> steps() {
    JsonNode log = Golden.json("train/" + run + "/log.json");
    int total = log.get("steps").asInt();
    int warmup = log.get("warmup_steps").asInt();
    assertThat(Schedule.warmupSteps(settings.get("warmup_ratio").asDouble(), total))
        .isEqualTo(warmup);
    Schedule schedule = new Schedule(Schedule.Shape.COSINE, warmup, total);
    List<Step> steps = new ArrayList<>();
    for (JsonNode entry : log.get("steps_log")) {
      List<String> ids = new ArrayList<>();
      entry.get("samples").forEach(id -> ids.add(id.asText()));
      String key =
          average(run) == TrainingStep.Average.MICRO_BATCH
              ? "loss_micro_batch_mean"
              : "loss_global_token_mean";
      steps.add(
          new Step(
              microBatches(ids),
              entry.get(key).asDouble(),
              entry.get("grad_norm_before_clip").asDouble(),
              entry.get("lr").asDouble(),
              schedule.factor(steps.size())));
    }
    assertThat(steps).hasSize(total);
    return steps;
  }

  private List<PackedBatch> microBatches(List<String> ids) {
    int size = settings.get("batch_size").asInt();
    List<PackedBatch> batches = new ArrayList<>();
    for (int at = 0; at < ids.size(); at += size) {
      batches.add(pack(ids.subList(at, Math.min(ids.size(), at + size))));
    }
    return batches;
  }

  private PackedBatch pack(List<String> ids) {
    List<Integer> flat = new ArrayList<>();
    List<Integer> positions = new ArrayList<>();
    List<Integer> starts = new ArrayList<>(List.of(0));
    List<Integer> images = new ArrayList<>();
    List<Integer> rows = new ArrayList<>();
    List<Integer> targets = new ArrayList<>();
    List<float[]> all = new ArrayList<>();
    for (String id : ids) {
      JsonNode sample = sample(id);
      int first = flat.size();
      for (int i = 0; i < sample.get("input_ids").size(); i++) {
        int token = sample.get("input_ids").get(i).asInt();
        int label = sample.get("labels").get(i).asInt();
        if (label != Example.IGNORE) {
          rows.add(flat.size() - 1);
          targets.add(label);
        }
        int times = token == Example.IMAGE ? model.tokensPerImage() : 1;
        for (int k = 0; k < times; k++) {
          if (token == Example.IMAGE) {
            images.add(flat.size());
          }
          positions.add(flat.size() - first);
          flat.add(token);
        }
        if (token == Example.IMAGE) {
          String aspect = settings.get("image_aspect_ratio").asText();
          all.add(pixels.floats(aspect + "." + sample.get("image").asText()));
        }
      }
      starts.add(flat.size());
    }
    return new PackedBatch(
        ints(flat),
        ints(positions),
        ints(starts),
        ints(images),
        ints(rows),
        ints(targets),
        all,
        ids);
  }

  private JsonNode sample(String id) {
    for (JsonNode sample : samples.get("samples")) {
      if (sample.get("id").asText().equals(id)) {
        return sample;
      }
    }
    throw new IllegalArgumentException(id);
  }

  private static int[] ints(List<Integer> all) {
    return all.stream().mapToInt(Integer::intValue).toArray();
  }
}
