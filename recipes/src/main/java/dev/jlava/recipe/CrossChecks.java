package dev.jlava.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What the schema cannot say: keys that exclude or need each other. Reads a tree that may be
/// faulty in other ways.
final class CrossChecks {
  /// Keys of an adapter that a PEFT directory has the values of.
  private static final List<String> GIVEN_BY_PATH =
      List.of("r", "alpha", "dropout", "targets", "bias", "rslora", "dora", "modules_to_save");

  private final JsonNode schema;
  private final RecipeText text;
  private final Problems problems;

  CrossChecks(JsonNode schema, RecipeText text, Problems problems) {
    this.schema = schema;
    this.text = text;
    this.problems = problems;
  }

  void run() {
    JsonNode root = text.root();
    if (root.path("model").isObject()) {
      model(root.get("model"));
    }
    checkpoint(root);
    boolean quantized = quantized(root.path("model"));
    boolean microBatch = root.at("/loss/average").asText().equals("micro_batch");
    Set<String> names = new HashSet<>();
    for (int i = 0; i < root.path("stages").size(); i++) {
      String pointer = "/stages/" + i;
      JsonNode stage = root.at(pointer);
      String name = stage.path("name").asText();
      if (stage.has("name") && !names.add(name)) {
        at(pointer + "/name", "another stage has this name (found '" + name + "')");
      }
      stage(stage, pointer, microBatch);
      if (quantized) {
        trainsNoQuantizedWeight(stage, pointer);
      }
    }
  }

  private void checkpoint(JsonNode root) {
    JsonNode checkpoint = root.path("checkpoint");
    long otherwise = schema.at("/$defs/Checkpoint/properties/every/default").asLong();
    long every = checkpoint.path("every").asLong(otherwise);
    if (every > 0 && checkpoint.path("keep_every").asLong() % every != 0) {
      at(
          "/checkpoint/keep_every",
          "expected a multiple of checkpoint.every, %d (found %s)"
              .formatted(every, checkpoint.get("keep_every").asText()));
    }
    if (checkpoint.path("best").asBoolean() && root.findValue("validation") == null) {
      at("/checkpoint/best", "no stage has validation data; give one, or leave best out");
    }
  }

  private void model(JsonNode model) {
    boolean whole = model.has("path");
    for (String part : new String[] {"vision", "decoder", "projector"}) {
      if (whole && model.has(part)) {
        at("/model/" + part, "model.path gives the whole model; keep path or the parts");
      } else if (!whole && !model.has(part) && !part.equals("projector")) {
        missing("/model", part, "a model is one path, or vision, projector and decoder");
      }
    }
    if (!whole && model.has("base")) {
      at("/model/base", "the model behind an adapter at model.path, which is not given");
    }
  }

  /// Whether the decoder is quantised; only one of the two places may say so.
  private boolean quantized(JsonNode model) {
    boolean whole = quantized(model, "/model");
    boolean part = quantized(model.path("decoder"), "/model/decoder");
    if (whole && !model.has("path")) {
      at("/model/quantize", "quantises the decoder of model.path; write model.decoder.quantize");
    }
    return whole || part;
  }

  private boolean quantized(JsonNode place, String pointer) {
    String quantize = place.path("quantize").asText("none");
    if (place.path("double_quant").asBoolean(false) && !quantize.equals("nf4")) {
      at(
          pointer + "/double_quant",
          "quantises the scales of nf4 (found quantize " + quantize + ")");
    }
    return quantize.equals("nf4") || quantize.equals("int8");
  }

  private void trainsNoQuantizedWeight(JsonNode stage, String pointer) {
    JsonNode decoder = stage.path("train").path("decoder");
    if (decoder.isObject() && !decoder.path("adapter").isObject()) {
      missing(
          pointer + "/train/decoder",
          "adapter",
          "the decoder is quantised, and its weights cannot train; an adapter beside them can");
    }
  }

  private void stage(JsonNode stage, String pointer, boolean microBatch) {
    if (stage.has("steps") && stage.has("epochs")) {
      at(pointer + "/steps", "both epochs and steps are given; keep one");
    }
    JsonNode batch = stage.path("batch");
    if (batch.has("micro_size") && batch.has("micro_tokens")) {
      at(pointer + "/batch/micro_size", "both micro_tokens and micro_size are given; keep one");
    }
    if (microBatch && batch.isObject() && !batch.has("micro_size")) {
      missing(pointer + "/batch", "micro_size", "loss.average micro_batch needs it");
    }
    inBackward(stage.path("optimizer"), batch, pointer);
    JsonNode schedule = stage.path("schedule");
    if (schedule.has("warmup_ratio") && schedule.has("warmup_steps")) {
      at(
          pointer + "/schedule/warmup_steps",
          "both warmup_ratio and warmup_steps are given; keep one");
    }
    stage
        .path("train")
        .properties()
        .forEach(part ->
            adapter(
                part.getValue().path("adapter"), pointer + "/train/" + part.getKey() + "/adapter"));
    if (stage.path("train").isObject() && stage.get("train").isEmpty()) {
      at(pointer + "/train", "trains nothing; name vision, projector or decoder, each with its lr");
    }
  }

  /// An update in the backward pass comes before a second micro-batch and before the norm is known.
  private void inBackward(JsonNode optimizer, JsonNode batch, String pointer) {
    if (!optimizer.path("in_backward").asBoolean()) {
      return;
    }
    String size = batch.path("size").asText();
    if (!batch.has("micro_size")) {
      missing(pointer + "/batch", "micro_size", "optimizer.in_backward needs batch.size, " + size);
    } else if (batch.path("micro_size").asLong() < batch.path("size").asLong()) {
      at(
          pointer + "/batch/micro_size",
          "optimizer.in_backward needs one micro-batch a step (found "
              + batch.get("micro_size").asText()
              + ", expected batch.size, "
              + size
              + ")");
    }
    if (optimizer.path("clip_norm").asDouble(1) != 0) {
      String found = optimizer.path("clip_norm").asText("1.0, the default");
      problems.add(
          text.key(pointer + "/optimizer/in_backward"),
          pointer + "/optimizer/clip_norm",
          "in_backward cannot clip by the norm of all gradients (found "
              + found
              + "); set it to 0");
    }
  }

  private void adapter(JsonNode adapter, String pointer) {
    if (!adapter.has("path")) {
      return;
    }
    JsonNode properties = schema.at("/$defs/Adapter/properties");
    for (String key : GIVEN_BY_PATH) {
      // A resolved recipe has the defaults written out.
      if (adapter.has(key) && !adapter.get(key).equals(properties.at("/" + key + "/default"))) {
        at(pointer + "/" + key, "adapter.path gives it; leave it out, or leave path out");
      }
    }
  }

  private void at(String pointer, String what) {
    problems.add(text.key(pointer), pointer, what);
  }

  private void missing(String pointer, String key, String what) {
    problems.add(text.value(pointer), pointer + "/" + key, "missing (" + what + ")");
  }
}
