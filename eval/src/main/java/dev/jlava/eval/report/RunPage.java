package dev.jlava.eval.report;

import dev.jlava.eval.page.Format;
import dev.jlava.eval.page.Page;
import dev.jlava.eval.page.Pictures;
import dev.jlava.eval.page.Questions;
import dev.jlava.eval.page.Radar;
import dev.jlava.eval.report.RunData.Cost;
import dev.jlava.eval.report.RunData.Evaluation;
import dev.jlava.eval.report.RunData.Part;
import dev.jlava.eval.report.RunData.Tally;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// A run's report as its template wants it: text, already formatted, not yet escaped.
///
/// @param note above the answers; empty where there are none
record RunPage(
    RunData data,
    List<Tile> tiles,
    List<StageCharts> stages,
    List<PartRow> parts,
    List<Header> headers,
    List<KindRow> kinds,
    List<Radar> radar,
    String note,
    List<CostRow> costs,
    List<Map.Entry<String, String>> facts) {

  /// Characters that pictures may take.
  static final long PICTURES = 12_000_000;

  record Tile(String label, String value, boolean control) {}

  record PartRow(
      String stage,
      String part,
      String count,
      String trained,
      String rate,
      String adapter,
      boolean moves) {}

  record Header(String label, boolean control) {}

  record KindRow(String kind, List<Cell> cells, boolean overall) {}

  /// @param width of the bar, in percent
  record Cell(String percent, String fraction, String width, boolean control) {}

  record CostRow(String phase, String time, String memory) {}

  /// The page's text.
  static String html(RunData data) {
    Pictures pictures = new Pictures(PICTURES);
    Questions questions =
        questions(data.evaluations(), data.examples(), pictures, last(data.evaluations()));
    String note =
        questions.items().isEmpty()
            ? ""
            : "Held-out questions with every model's answer. " + pictures.note().orElse("");
    List<Page.Island> islands = islands(questions, pictures);
    return new Page(data.title(), RunPage.class, "run", of(data, note), islands).html();
  }

  static List<Page.Island> islands(Questions questions, Pictures pictures) {
    return questions.items().isEmpty()
        ? List.of()
        : List.of(
            new Page.Island("questions", questions), new Page.Island("pictures", pictures.urls()));
  }

  private static RunPage of(RunData data, String note) {
    return new RunPage(
        data,
        tiles(data),
        data.stages().stream().map(StageCharts::of).toList(),
        data.parts().stream().map(RunPage::row).toList(),
        data.evaluations().stream().map(e -> new Header(e.label(), e.control())).toList(),
        kinds(data.evaluations()),
        radar(data.evaluations()).stream().toList(),
        note,
        data.costs().stream().map(RunPage::row).toList(),
        List.copyOf(data.facts().entrySet()));
  }

  private static List<Tile> tiles(RunData data) {
    List<Tile> tiles = new ArrayList<>();
    for (Evaluation evaluation : data.evaluations()) {
      String accuracy = Format.percent(evaluation.overall().accuracy());
      tiles.add(new Tile(evaluation.label(), accuracy, evaluation.control()));
    }
    if (!data.costs().isEmpty()) {
      double seconds = data.costs().stream().mapToDouble(Cost::seconds).sum();
      tiles.add(new Tile("time in all", Format.seconds(seconds), false));
    }
    return tiles;
  }

  private static PartRow row(Part part) {
    Double rate = part.learningRate();
    return new PartRow(
        part.stage(),
        part.part(),
        Format.count(part.parameters()),
        part.trained() == 0 ? "frozen" : Format.count(part.trained()),
        rate == null ? "–" : Format.number(rate),
        part.adapter(),
        part.trained() > 0);
  }

  private static CostRow row(Cost cost) {
    Double memory = cost.peakMemoryMb();
    String shown = memory == null ? "–" : Format.count(Math.round(memory)) + " MB";
    return new CostRow(cost.phase(), Format.seconds(cost.seconds()), shown);
  }

  private static Set<String> kindNames(List<Evaluation> evaluations) {
    Set<String> kinds = new LinkedHashSet<>();
    evaluations.forEach(evaluation -> kinds.addAll(evaluation.kinds().keySet()));
    return kinds;
  }

  private static List<KindRow> kinds(List<Evaluation> evaluations) {
    if (evaluations.isEmpty()) {
      return List.of();
    }
    Stream<KindRow> each =
        kindNames(evaluations).stream()
            .map(kind -> {
              List<Cell> cells =
                  evaluations.stream()
                      .map(e -> cell(e.kinds().getOrDefault(kind, new Tally(0, 0)), e))
                      .toList();
              return new KindRow(kind, cells, false);
            });
    List<Cell> overall = evaluations.stream().map(e -> cell(e.overall(), e)).toList();
    return Stream.concat(each, Stream.of(new KindRow("all", overall, true))).toList();
  }

  private static Cell cell(Tally tally, Evaluation evaluation) {
    return new Cell(
        Format.percent(tally.accuracy()),
        tally.right() + " of " + tally.asked(),
        Long.toString(Math.round(100 * tally.accuracy())),
        evaluation.control());
  }

  private static Optional<Radar> radar(List<Evaluation> evaluations) {
    List<String> kinds = List.copyOf(kindNames(evaluations));
    List<double[]> values =
        evaluations.stream()
            .map(e ->
                kinds.stream()
                    .mapToDouble(k -> e.kinds().getOrDefault(k, new Tally(0, 0)).accuracy())
                    .toArray())
            .toList();
    return Radar.of(kinds, evaluations.stream().map(Evaluation::label).toList(), values);
  }

  /// The last model that is no control.
  private static int last(List<Evaluation> evaluations) {
    int last = -1;
    for (int i = 0; i < evaluations.size(); i++) {
      last = evaluations.get(i).control() ? last : i;
    }
    return last;
  }

  /// The examples with all answers.
  ///
  /// @param focus as in [Questions]
  static Questions questions(
      List<Evaluation> evaluations, List<RunData.Example> examples, Pictures pictures, int focus) {
    List<Questions.Column> columns =
        evaluations.stream().map(e -> new Questions.Column(e.label(), e.control())).toList();
    List<Questions.Item> items = new ArrayList<>();
    for (RunData.Example example : examples) {
      List<Questions.Answer> answers = example.answers().stream().map(RunPage::answer).toList();
      items.add(
          new Questions.Item(
              "held out",
              Integer.toString(items.size() + 1),
              items.size() + 1,
              example.kind(),
              example.question(),
              "",
              example.reference(),
              List.of(),
              answers));
    }
    items.sort(Questions.worstFirst(focus));
    List<Questions.Item> pictured =
        items.stream()
            .map(item -> {
              Path image = Path.of(examples.get(item.place() - 1).image());
              return item.picturing(List.of(pictures.add(image)));
            })
            .toList();
    return new Questions(columns, focus, pictured);
  }

  private static Questions.Answer answer(RunData.Answer answer) {
    double value = answer.right() ? 1 : 0;
    return Questions.Answer.of(answer.text(), Questions.State.of(value), value, "", List.of());
  }
}
