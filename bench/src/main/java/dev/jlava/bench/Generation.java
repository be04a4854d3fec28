package dev.jlava.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import dev.jlava.data.batch.Example;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.generate.Generator;
import dev.jlava.generate.Prompt;
import dev.jlava.generate.Sampling;
import dev.jlava.model.LlavaDirectory;
import dev.jlava.model.VisionLanguageModel;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Times reading prompts and greedy decoding with a LLaVA directory, and prints one JSON line with
/// the fields of `peer/hf_generate_bench.py`. Run by `bench/generate`.
public final class Generation {
  private static final int IMAGES = 2;
  private static final int SIDE = 224;

  /// Ids of a question in front of its image.
  private static final int IN_FRONT = 8;

  private final VisionLanguageModel model;
  private final Generator generator;
  private final List<Prompt> prompts;
  private final int batch;
  private final int[][] found;

  private Generation(Engine engine, VisionLanguageModel model, List<Prompt> prompts, int batch) {
    this.model = model;
    this.generator = new Generator(engine, model);
    this.prompts = prompts;
    this.batch = batch;
    this.found = new int[prompts.size()][];
  }

  /// Arguments: the directory, fp32 or bf16, prompts at a time, text tokens of a prompt, new
  /// tokens, threads, repeats, questions about each of two images (0: prompts of text alone).
  public static void main(String[] a) {
    int[] n = Arrays.stream(a).skip(2).mapToInt(Integer::parseInt).toArray();
    ScalarType type = a[1].equals("fp32") ? ScalarType.F32 : ScalarType.BF16;
    try (Engine engine = Engine.start(new Device.Cpu(), n[3]);
        Scope scope = new Scope()) {
      VisionLanguageModel model = LlavaDirectory.open(Path.of(a[0])).load(engine, scope, type);
      int questions = n[5];
      List<Prompt> prompts =
          questions == 0
              ? IntStream.range(0, n[0]).mapToObj(i -> Prompt.ofText(ids(i, n[1]))).toList()
              : IntStream.range(0, IMAGES * questions)
                  .mapToObj(i -> question(i, i / questions, n[1]))
                  .toList();
      System.out.println(new Generation(engine, model, prompts, n[0]).measure(n[2], n[4]));
    }
  }

  /// Any ids do; these are the peer's.
  private static int[] ids(int place, int length) {
    return IntStream.range(0, length).map(i -> (i * 37 + place * 11) % 997 + 100).toArray();
  }

  private static Prompt question(int place, int image, int length) {
    int[] front = ids(0, IN_FRONT);
    int[] behind = ids(place + 1, length - IN_FRONT);
    int[] all =
        Stream.of(front, new int[] {Example.IMAGE}, behind).flatMapToInt(Arrays::stream).toArray();
    float[] pixels = new float[3 * SIDE * SIDE];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (i * 37 + image * 11) % 255 / 127.5f - 1;
    }
    return new Prompt(all, List.of(Path.of("image-" + image)), List.of(pixels));
  }

  private ObjectNode measure(int newTokens, int repeats) {
    double[] first = best(1, repeats);
    double[] whole = best(newTokens, repeats);
    int read = prompts.stream().mapToInt(prompt -> prompt.length(model.tokensPerImage())).sum();
    int decoded = prompts.size() * (newTokens - 1);
    ObjectNode line = new ObjectMapper().createObjectNode();
    line.put("prefill_tokens_per_s", read / first[0]);
    line.put("prefill_tokens_per_cpu_s", read / first[1]);
    line.put("decode_tokens_per_s", decoded / (whole[0] - first[0]));
    line.put("decode_tokens_per_cpu_s", decoded / (whole[1] - first[1]));
    for (int[] ids : found) {
      var array = line.withArray("ids").addArray();
      Arrays.stream(ids).forEach(array::add);
    }
    return line;
  }

  /// The least wall and CPU seconds of several runs, after one that does not count.
  private double[] best(int newTokens, int repeats) {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    double[] best = {Double.MAX_VALUE, Double.MAX_VALUE};
    for (int i = 0; i <= repeats; i++) {
      long wall = System.nanoTime();
      long cpu = system.getProcessCpuTime();
      generator.generate(
          prompts.stream()
              .map(p -> new Generator.Request(p, newTokens, Sampling.GREEDY, id -> true))
              .iterator(),
          batch,
          one -> found[one.place()] = one.ids());
      if (i > 0) {
        best[0] = Math.min(best[0], (System.nanoTime() - wall) / 1e9);
        best[1] = Math.min(best[1], (system.getProcessCpuTime() - cpu) / 1e9);
      }
    }
    return best;
  }
}
