package dev.jlava.train;

import dev.jlava.recipe.Recipe;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/// A stage's plan as lines for people: a table of the parts, then memory, tokens and arithmetic.
public final class PlanText {
  private static final List<String> HEAD =
      List.of("part", "parameters", "trained", "dtype", "lr", "adapter", "memory");

  /// What a process takes that trains a model of almost nothing; bench/README.md has the figures.
  private static final long PROCESS = 440L << 20;

  private final StagePlan plan;

  private PlanText(StagePlan plan) {
    this.plan = plan;
  }

  /// The lines of a plan.
  ///
  /// @param flopsPerSecond what the hardware sustains, for an estimate of the time
  public static String of(StagePlan plan, OptionalDouble flopsPerSecond) {
    PlanText text = new PlanText(plan);
    List<String> lines = new ArrayList<>();
    lines.add(text.head());
    lines.addAll(text.table());
    lines.addAll(text.memory());
    lines.add(
        "  tokens        %s an image, up to %s a micro-batch"
            .formatted(count(plan.tokens().perImage()), count(plan.tokens().microBatch())));
    lines.add("  arithmetic    " + text.arithmetic(flopsPerSecond));
    return String.join("\n", lines);
  }

  private String head() {
    Recipe.Stage stage = plan.stage();
    String steps = plan.steps().map(n -> count(n) + " steps").orElse("an unknown number of steps");
    String samples =
        plan.data()
            .map(d ->
                "%s samples, %s steps an epoch"
                    .formatted(
                        count(d.numSamples()),
                        count(StageData.stepsPerEpoch(stage, d.numSamples()))))
            .orElse("data not found: " + stage.data().getFirst().path());
    return "stage %s: %s of %s samples (%s)"
        .formatted(stage.name(), steps, count(stage.batch().size()), samples);
  }

  private List<String> table() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(HEAD);
    long parameters = 0;
    long trained = 0;
    for (PartPlan part : plan.parts()) {
      parameters += part.parameters();
      trained += part.trained();
      rows.add(
          List.of(
              part.name(),
              count(part.parameters()),
              count(part.trained()),
              part.dtype(),
              part.lr().map(PlanText::number).orElse("frozen"),
              part.adapter(),
              bytes(part.bytes().total())));
    }
    rows.add(
        List.of(
            "total", count(parameters), count(trained), "", "", "", bytes(plan.kept().total())));
    return rows.stream().map(row -> row(row, widths(rows))).toList();
  }

  private static int[] widths(List<List<String>> rows) {
    int[] widths = new int[HEAD.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    return widths;
  }

  /// Text to the left, numbers to the right.
  private static String row(List<String> cells, int[] widths) {
    StringBuilder line = new StringBuilder(" ");
    for (int i = 0; i < widths.length; i++) {
      String name = HEAD.get(i);
      boolean number = name.equals("parameters") || name.equals("trained") || name.equals("memory");
      line.append(" ")
          .append(("%" + (number ? "" : "-") + widths[i] + "s").formatted(cells.get(i)))
          .append(" ");
    }
    return line.toString().stripTrailing();
  }

  private List<String> memory() {
    PartPlan.Bytes kept = plan.kept();
    String mode = plan.runtime().activations().name().toLowerCase(Locale.ROOT);
    List<String> lines = new ArrayList<>();
    lines.add(
        "  memory        %s for one process that holds everything"
            .formatted(bytes(plan.totalBytes())));
    lines.add(
        "    weights %s, fp32 masters %s, fp32 gradients %s, AdamW moments %s"
            .formatted(
                bytes(kept.weights()),
                bytes(kept.masters()),
                bytes(kept.gradients()),
                bytes(kept.moments())));
    if (kept.paged() > 0) {
      lines.add(
          "    paged: AdamW moments %s in host memory, one parameter's on the GPU at a time (not verified on a GPU)"
              .formatted(bytes(kept.paged())));
    } else if (plan.stage().optimizer().paged()) {
      lines.add("    paged: no effect on a CPU, whose memory holds the moments already");
    }
    lines.add(
        "    a micro-batch: activations up to %s (%s), logits %s%s"
            .formatted(
                bytes(plan.memory().activations()),
                mode,
                bytes(plan.memory().logits()),
                dequantised()));
    lines.add(
        "    besides, JVM and libtorch: about %s (measured on the CPU)".formatted(bytes(PROCESS)));
    return lines;
  }

  private String dequantised() {
    long bytes = plan.memory().dequantised();
    return bytes == 0 ? "" : ", a dequantised weight " + bytes(bytes);
  }

  private String arithmetic(OptionalDouble flopsPerSecond) {
    DataFacts data = plan.data().orElse(DataFacts.ASSUMED);
    StringBuilder text = new StringBuilder();
    text.append(flops(plan.flopsPerStep())).append(" FLOPs a step");
    Optional<Double> all = plan.steps().map(n -> n * plan.flopsPerStep());
    all.ifPresent(n -> text.append(", ").append(flops(n)).append(" in all"));
    if (flopsPerSecond.isPresent()) {
      double rate = flopsPerSecond.getAsDouble();
      double seconds = all.orElse(plan.flopsPerStep()) / rate;
      text.append("; at ").append(flops(rate)).append(" FLOP/s ").append(duration(seconds));
      text.append(all.isPresent() ? "" : " a step");
    }
    return text.append(
            " (%s text tokens and %.2f images a sample%s)"
                .formatted(
                    count(Math.round(data.textTokens())),
                    data.images(),
                    plan.data().isPresent() ? "" : ", assumed"))
        .toString();
  }

  private static String duration(double seconds) {
    return seconds < 100
        ? "%.1f s".formatted(seconds)
        : seconds < 6000 ? "%.0f min".formatted(seconds / 60) : "%.1f h".formatted(seconds / 3600);
  }

  static String count(long n) {
    return String.format(Locale.ROOT, "%,d", n);
  }

  /// A decimal number without needless digits: 2e-5, 0.001, 256.
  static String number(double value) {
    BigDecimal plain = BigDecimal.valueOf(value).stripTrailingZeros();
    return Math.abs(value) < 1e-3 && value != 0
        ? plain.unscaledValue() + "e-" + plain.scale()
        : plain.toPlainString();
  }

  private static String flops(double n) {
    return String.format(Locale.ROOT, "%.2e", n).replace("e+", "e");
  }

  static String bytes(long n) {
    return n >= 1L << 30
        ? String.format(Locale.ROOT, "%.1f GiB", n / (double) (1L << 30))
        : String.format(Locale.ROOT, "%.1f MiB", n / (double) (1L << 20));
  }
}
