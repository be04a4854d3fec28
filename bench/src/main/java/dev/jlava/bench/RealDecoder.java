package dev.jlava.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.data.batch.Example;
import dev.jlava.data.batch.Packing;
import dev.jlava.data.token.Tokenizer;
import dev.jlava.data.token.Tokenizers;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.generate.Generator;
import dev.jlava.generate.Prompt;
import dev.jlava.generate.Sampling;
import dev.jlava.model.KeyValueCache;
import dev.jlava.model.LanguageModel;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.train.ModelSource;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Compares a published decoder, by itself, as a GGUF file or in a LLaVA directory, with what
/// Hugging Face computes from the same weights: ids of texts, greedy answers, logits, and the loss
/// of a paragraph. Run by `bench/real`; the expected values are in
/// `bench/peer/smollm2_expected.json`.
public final class RealDecoder {
  private static final String BEFORE =
      "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
          + "<|im_end|>\n<|im_start|>user\n";
  private static final String AFTER = "<|im_end|>\n<|im_start|>assistant\n";

  /// Largest difference between fp32 logits of two programs that are both right; those of the file
  /// are rounded to 1e-5.
  private static final double LOGITS = 2e-3;

  private static final double LOSS = 1e-4;

  private final Engine engine;
  private final LanguageModel model;
  private final Tokenizer tokenizer;
  private final PrintStream out;
  private int failures;

  private RealDecoder(Engine engine, LanguageModel model, Tokenizer tokenizer, PrintStream out) {
    this.engine = engine;
    this.model = model;
    this.tokenizer = tokenizer;
    this.out = out;
  }

  /// Arguments: the model, the file of expected values. Exit code 1 where they differ.
  public static void main(String[] arguments) throws IOException {
    Path path = Path.of(arguments[0]);
    JsonNode expected = new ObjectMapper().readTree(Path.of(arguments[1]).toFile());
    int failures;
    try (Engine engine = Engine.start(new Device.Cpu(), 0);
        Scope scope = new Scope()) {
      ModelSource source = ModelSource.find(path);
      LanguageModel model = source.load(engine, scope, ScalarType.F32);
      Tokenizer tokenizer = Tokenizers.load(source.files().decoder());
      RealDecoder check = new RealDecoder(engine, model, tokenizer, System.out);
      check.answers(expected.get("prompts"));
      check.logits(expected.get("last_position"));
      if (model instanceof VisionLanguageModel seeing) {
        check.loss(seeing, expected.get("paragraph"));
      }
      failures = check.failures;
    }
    System.out.println(failures == 0 ? "OK" : failures + " differences");
    System.exit(failures == 0 ? 0 : 1);
  }

  private void answers(JsonNode prompts) {
    for (JsonNode prompt : prompts) {
      int[] wanted = ids(prompt.get("greedy_ids"));
      int[] ids = tokenizer.encode(BEFORE + prompt.get("prompt").asText() + AFTER);
      same("ids of the prompt", ids(prompt.get("prompt_ids")), ids);
      int[] found =
          new Generator(engine, model)
              .generate(
                  new Generator.Request(
                      Prompt.ofText(ids), wanted.length, Sampling.GREEDY, id -> true));
      same("greedy answer to '" + prompt.get("prompt").asText() + "'", wanted, found);
    }
  }

  private void logits(JsonNode expected) {
    int[] ids = tokenizer.encode(BEFORE + expected.get("prompt").asText() + AFTER);
    float[] logits;
    try (Scope scope = new Scope();
        KeyValueCache cache =
            new KeyValueCache(
                engine.ops(scope), model.decoder().config(), model.type(), ids.length)) {
      Example example = new Example("prompt", ids, unlearned(ids.length), List.of(), false);
      logits =
          model
              .logits(
                  Tape.forwardOnly(engine.ops(scope)),
                  Packing.pack(List.of(example), List.of(), model.tokensPerImage()),
                  List.of(cache))
              .floats();
    }
    int[] best =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted((a, b) -> Float.compare(logits[b], logits[a]))
            .limit(expected.get("top10_ids").size())
            .mapToInt(i -> i)
            .toArray();
    same("likeliest next ids", ids(expected.get("top10_ids")), best);
    for (int i = 0; i < best.length; i++) {
      close("logit " + (i + 1), expected.get("top10_logits").get(i), logits[best[i]], LOGITS);
    }
    close("mean logit", expected.get("mean"), mean(logits), LOGITS);
  }

  private void loss(VisionLanguageModel seeing, JsonNode expected) {
    int[] ids = tokenizer.encode(expected.get("text").asText());
    same("ids of the paragraph", ids(expected.get("ids")), ids);
    Example example = new Example("paragraph", ids, ids, List.of(), false);
    float sum;
    try (Scope scope = new Scope()) {
      sum =
          seeing.train(
              Tape.forwardOnly(engine.ops(scope)),
              Packing.pack(List.of(example), List.of(), seeing.tokensPerImage()),
              1);
    }
    close("loss of the paragraph", expected.get("loss"), sum / (ids.length - 1), LOSS);
  }

  private void same(String what, int[] expected, int[] found) {
    boolean equal = Arrays.equals(expected, found);
    out.println(
        (equal ? "same    " : "DIFFERS ") + what + (equal ? "" : difference(expected, found)));
    failures += equal ? 0 : 1;
  }

  private static String difference(int[] expected, int[] found) {
    int first = Arrays.mismatch(expected, found);
    return " from index %d on: found %s, expected %s"
        .formatted(first, Arrays.toString(found), Arrays.toString(expected));
  }

  private void close(String what, JsonNode expected, double found, double tolerance) {
    double difference = Math.abs(found - expected.asDouble());
    boolean close = difference <= tolerance; // false for NaN
    out.printf(
        "%s%s: found %.5f, expected %.5f%n",
        close ? "close   " : "DIFFERS ", what, found, expected.asDouble());
    failures += close ? 0 : 1;
  }

  private static double mean(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  private static int[] unlearned(int length) {
    int[] labels = new int[length];
    Arrays.fill(labels, Example.IGNORE);
    return labels;
  }

  private static int[] ids(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
  }
}
