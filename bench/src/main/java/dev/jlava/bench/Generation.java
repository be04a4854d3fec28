package dev.jlava.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
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

/// Times reading prompts and greedy decoding with a LLaVA directory's decoder, text only, and
/// prints one JSON line with the fields of `peer/hf_generate_bench.py`. Run by `bench/generate`.
public final class Generation {
  private final Generator generator;
  private final List<Prompt> prompts;
  private List<int[]> found = List.of();

  private Generation(Generator generator, List<Prompt> prompts) {
    this.generator = generator;
    this.prompts = prompts;
  }

  /// Arguments: the directory, fp32 or bf16, prompts at a time, tokens of a prompt, new tokens,
  /// threads, repeats.
  public static void main(String[] a) {
    int[] n = Arrays.stream(a).skip(2).mapToInt(Integer::parseInt).toArray();
    ScalarType type = a[1].equals("fp32") ? ScalarType.F32 : ScalarType.BF16;
    try (Engine engine = Engine.start(new Device.Cpu(), n[3]);
        Scope scope = new Scope()) {
      VisionLanguageModel model = LlavaDirectory.open(Path.of(a[0])).load(engine, scope, type);
      List<Prompt> prompts = IntStream.range(0, n[0]).mapToObj(i -> prompt(i, n[1])).toList();
      Generation bench = new Generation(new Generator(engine, model), prompts);
      System.out.println(bench.measure(n[2], n[4]));
    }
  }

  /// Any ids do; these are the peer's.
  private static Prompt prompt(int place, int length) {
    return Prompt.ofText(
        IntStream.range(0, length).map(i -> (i * 37 + place * 11) % 997 + 100).toArray());
  }

  private ObjectNode measure(int newTokens, int repeats) {
    double[] first = best(1, repeats);
    double[] whole = best(newTokens, repeats);
    int read = prompts.stream().mapToInt(prompt -> prompt.ids().length).sum();
    int decoded = prompts.size() * (newTokens - 1);
    ObjectNode line = new ObjectMapper().createObjectNode();
    line.put("prefill_tokens_per_s", read / first[0]);
    line.put("prefill_tokens_per_cpu_s", read / first[1]);
    line.put("decode_tokens_per_s", decoded / (whole[0] - first[0]));
    line.put("decode_tokens_per_cpu_s", decoded / (whole[1] - first[1]));
    found.forEach(ids -> {
      var array = line.withArray("ids").addArray();
      Arrays.stream(ids).forEach(array::add);
    });
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
      found =
          generator.generate(
              prompts.stream()
                  .map(p -> new Generator.Request(p, newTokens, Sampling.GREEDY, id -> true))
                  .toList());
      if (i > 0) {
        best[0] = Math.min(best[0], (System.nanoTime() - wall) / 1e9);
        best[1] = Math.min(best[1], (system.getProcessCpuTime() - cpu) / 1e9);
      }
    }
    return best;
  }
}
