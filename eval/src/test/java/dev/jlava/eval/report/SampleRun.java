package dev.jlava.eval.report;

import dev.jlava.eval.report.RunData.Answer;
import dev.jlava.eval.report.RunData.Cost;
import dev.jlava.eval.report.RunData.Evaluation;
import dev.jlava.eval.report.RunData.Example;
import dev.jlava.eval.report.RunData.Part;
import dev.jlava.eval.report.RunData.Scores;
import dev.jlava.eval.report.RunData.Stage;
import dev.jlava.eval.report.RunData.Step;
import dev.jlava.eval.report.RunData.Tally;
import dev.jlava.eval.report.RunData.Validation;
import dev.jlava.testing.Golden;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A report with made-up numbers of the size a quickstart has.
final class SampleRun {
  private SampleRun() {}

  static RunData data() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("machine", "2 cores, 23 GiB");
    facts.put("seed", "seed: 42");
    return new RunData(
        "quickstart",
        "A projector is aligned, then projector and decoder learn to answer.",
        "./jlava quickstart",
        "name: quickstart\nseed: 42\n",
        facts,
        List.of(
            stage("align", 40, Map.of("projector", 1e-3)),
            stage("instruct", 120, rates("projector", 5e-4, "decoder", 1e-3))),
        List.of(
            new Part("align", "vision", 826_368, 0, null, "-"),
            new Part("align", "projector", 82_368, 82_368, 1e-3, "-"),
            new Part("instruct", "decoder", 849_024, 849_024, 1e-3, "-")),
        List.of(
            evaluation("before stage 1", false, 1),
            evaluation("after stage 1", false, 7),
            evaluation("after stage 2", false, 18),
            evaluation("after stage 2, blank image", true, 4)),
        List.of(example("What colour is the star?", "red"), example("How big is it?", "small")),
        List.of(new Cost("stage align", 42.1, 700.0), new Cost("stage instruct", 142.9, 812.0)));
  }

  private static Map<String, Double> rates(String a, double rateA, String b, double rateB) {
    Map<String, Double> rates = new LinkedHashMap<>();
    rates.put(a, rateA);
    rates.put(b, rateB);
    return rates;
  }

  private static Stage stage(String name, int count, Map<String, Double> peaks) {
    List<Step> steps = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      double done = i / (double) count;
      Map<String, Double> rates = new LinkedHashMap<>();
      peaks.forEach((part, peak) -> rates.put(part, peak * (1 + Math.cos(Math.PI * done)) / 2));
      double wiggle = i == 1 ? 0 : 0.2 * Math.sin(i * 2.3) * Math.exp(-done);
      double loss = i == 1 ? 4.9 : 0.3 + 4.6 * Math.exp(-5 * done) + wiggle;
      steps.add(new Step(i, loss, rates, 2400 + 150 * Math.sin(i)));
    }
    List<Validation> validation =
        name.equals("align")
            ? List.of()
            : List.of(new Validation(0, 3.1), new Validation(count, 0.4));
    List<Scores> scores =
        name.equals("align")
            ? List.of()
            : List.of(
                new Scores(60, Map.of("pope", 51.25, "mme", 700.0)),
                new Scores(120, Map.of("pope", 63.75)));
    return new Stage(name, steps, validation, scores);
  }

  private static Evaluation evaluation(String label, boolean control, int right) {
    Map<String, Tally> kinds = new LinkedHashMap<>();
    for (String kind : List.of("colour", "shape", "size", "count")) {
      kinds.put(kind, new Tally(right, 20));
    }
    return new Evaluation(label, control, kinds);
  }

  private static Example example(String question, String reference) {
    return new Example(
        Golden.path("train/images/00.png").toString(),
        question.contains("colour") ? "colour" : "size",
        question,
        reference,
        List.of(
            new Answer("", false),
            new Answer("a large circle", false),
            new Answer(reference, true),
            new Answer("blue", false)));
  }
}
