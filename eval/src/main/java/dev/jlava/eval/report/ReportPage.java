package dev.jlava.eval.report;

import dev.jlava.eval.report.ReportData.Cost;
import dev.jlava.eval.report.ReportData.Evaluation;
import dev.jlava.eval.report.ReportData.Example;
import dev.jlava.eval.report.ReportData.Part;
import dev.jlava.eval.report.ReportData.Tally;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// A report's contents as its template wants them: text, already formatted, not yet escaped.
record ReportPage(
    ReportData data,
    String style,
    String script,
    List<Tile> tiles,
    List<StageCharts> stages,
    List<PartRow> parts,
    List<Header> headers,
    List<KindRow> kinds,
    List<Card> gallery,
    List<String> galleryKinds,
    List<CostRow> costs,
    List<Map.Entry<String, String>> facts) {

  record Tile(String label, String value, boolean control) {}

  record PartRow(
      String stage,
      String part,
      String count,
      String trained,
      String dtype,
      String rate,
      boolean moves) {}

  record Header(String label, boolean control) {}

  record KindRow(String kind, List<Cell> cells, boolean overall) {}

  /// @param width of the bar, in percent
  record Cell(String percent, String fraction, String width, boolean control) {}

  record Card(
      String source,
      String kind,
      String question,
      String reference,
      List<Said> said,
      String verdict) {}

  record Said(String label, String text, boolean right) {}

  record CostRow(String phase, String time, String memory) {}

  static ReportPage of(ReportData data, String style, String script) {
    List<Card> cards = data.gallery().stream().map(example -> card(example, data)).toList();
    return new ReportPage(
        data,
        style,
        script,
        tiles(data),
        data.stages().stream().map(StageCharts::of).toList(),
        data.parts().stream().map(ReportPage::row).toList(),
        data.evaluations().stream().map(e -> new Header(e.label(), e.control())).toList(),
        kinds(data.evaluations()),
        cards,
        cards.stream().map(Card::kind).distinct().toList(),
        data.costs().stream().map(ReportPage::row).toList(),
        List.copyOf(data.facts().entrySet()));
  }

  private static List<Tile> tiles(ReportData data) {
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
        part.dtype(),
        rate == null ? "–" : Format.number(rate),
        part.trained() > 0);
  }

  private static CostRow row(Cost cost) {
    Double memory = cost.peakMemoryMb();
    String shown = memory == null ? "–" : Format.count(Math.round(memory)) + " MB";
    return new CostRow(cost.phase(), Format.seconds(cost.seconds()), shown);
  }

  private static List<KindRow> kinds(List<Evaluation> evaluations) {
    if (evaluations.isEmpty()) {
      return List.of();
    }
    Set<String> kinds = new LinkedHashSet<>();
    evaluations.forEach(evaluation -> kinds.addAll(evaluation.kinds().keySet()));
    Stream<KindRow> each =
        kinds.stream()
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

  private static Card card(Example example, ReportData data) {
    List<Said> said = new ArrayList<>();
    for (int i = 0; i < example.answers().size(); i++) {
      ReportData.Answer answer = example.answers().get(i);
      String text = answer.text().isBlank() ? "(nothing)" : answer.text();
      said.add(new Said(data.evaluations().get(i).label(), text, answer.right()));
    }
    String bytes = Base64.getEncoder().encodeToString(example.picture().bytes());
    return new Card(
        "data:" + example.picture().mediaType() + ";base64," + bytes,
        example.kind(),
        example.question(),
        example.reference(),
        said,
        verdict(example, data));
  }

  /// Whether the last of the trained models is right.
  private static String verdict(Example example, ReportData data) {
    String verdict = "none";
    for (int i = 0; i < example.answers().size(); i++) {
      if (!data.evaluations().get(i).control()) {
        verdict = example.answers().get(i).right() ? "right" : "wrong";
      }
    }
    return verdict;
  }
}
