package dev.jlava.eval.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ChartTest {
  @Test
  void pointsLieOnTheirAxes() {
    Chart chart =
        Chart.of(
            "Loss",
            "nats",
            List.of(
                new Chart.Series("train", new double[] {0, 50, 100}, new double[] {4, 2, 0}, false),
                new Chart.Series("held out", new double[] {100}, new double[] {1}, true)));
    assertThat(chart.lines().get(0).points()).isEqualTo("76.0,16.0 344.0,121.0 612.0,226.0");
    assertThat(chart.lines().get(0).values()).isEqualTo("0:4 50:2 100:0");
    assertThat(chart.lines().get(1).dots()).containsExactly(new Chart.Dot("612.0", "173.5"));
    assertThat(chart.rows()).extracting(Chart.Tick::label).containsExactly("0", "1", "2", "3", "4");
    assertThat(chart.columns())
        .extracting(Chart.Tick::label)
        .containsExactly("0", "20", "40", "60", "80", "100");
  }

  @Test
  void barsReachTheirShareOfTheLongest() {
    Bars bars =
        Bars.of(
            List.of("a", "b"),
            200,
            List.of("colour"),
            List.of(
                List.of(
                    new Bars.Value(100, 50, 150, "100"),
                    new Bars.Value(Double.NaN, Double.NaN, Double.NaN, "–"))));
    assertThat(bars.groups().getFirst().bars())
        .containsExactly(
            new Bars.Bar(0, "50.0", "25.0", "75.0", "100"),
            new Bars.Bar(1, "0.0", "0.0", "0.0", "–"));
    assertThat(bars.legend()).containsExactly(new Bars.Name("a", 0), new Bars.Name("b", 1));
  }

  @Test
  void radarsBeginAtTheTopAndNeedThreeAxes() {
    Radar radar =
        Radar.of(List.of("a", "b", "c", "d"), List.of("m"), List.of(new double[] {1, 0.5, 0, 1}))
            .orElseThrow();
    assertThat(radar.outlines().getFirst().points())
        .isEqualTo("320.0,60.0 390.0,200.0 320.0,200.0 180.0,200.0");
    assertThat(Radar.of(List.of("a", "b"), List.of(), List.of())).isEqualTo(Optional.empty());
  }

  @Test
  void numbersReadWell() {
    assertThat(Format.number(0.00002)).isEqualTo("2e-5");
    assertThat(Format.number(0.000123456)).isEqualTo("1.235e-4");
    assertThat(Format.number(0.001)).isEqualTo("0.001");
    assertThat(Format.number(2500)).isEqualTo("2500");
    assertThat(Format.number(12345.6)).isEqualTo("12350");
    assertThat(Format.seconds(42.13)).isEqualTo("42.1 s");
    assertThat(Format.seconds(59.96)).isEqualTo("1 min 00 s");
    assertThat(Format.seconds(7620)).isEqualTo("2 h 07 min");
  }

  @Test
  void wordsOfMarkdownAreNoMarkup() {
    Markdown text =
        new Markdown()
            .heading(1, "a *b*")
            .table(List.of("x", "y"), List.of(List.of("a|b\nc", "<script>"), List.of("d", "1")))
            .table(List.of("x", "y"), List.of(List.of("a", "–"), List.of("b", "7.5 % [1, 2]")))
            .code("", "a ``` b");
    assertThat(text.toString())
        .isEqualTo(
            """
            # a \\*b\\*

            | x | y |
            |---|---|
            | a\\|b c | &lt;script> |
            | d | 1 |

            | x | y |
            |---|---:|
            | a | – |
            | b | 7.5 % \\[1, 2\\] |

            ~~~~
            a ``` b
            ~~~~
            """);
  }
}
