package dev.jlava.eval.judge;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Why a judge's figures are to be read with care.
public final class Doubts {
  /// So many of the verdicts without scores, or missing, are many: the questions that are left may
  /// be the easier ones.
  private static final double MANY = 0.1;

  /// So many points of ten for the first place are large, where chance does not explain them.
  private static final double LARGE = 0.5;

  private Doubts() {}

  /// In a few words each.
  ///
  /// @param verdicts that were asked for
  /// @param failed those without scores and those that did not come
  public static List<String> of(int verdicts, int failed, Consistency consistency) {
    List<String> doubts = new ArrayList<>();
    if (failed > MANY * verdicts) {
      doubts.add("%d of %d verdicts failed".formatted(failed, verdicts));
    }
    double low = consistency.bias().low();
    double high = consistency.bias().high();
    double bias = consistency.bias().estimate();
    if (Math.abs(bias) >= LARGE && (low > 0 || high < 0)) {
      doubts.add(String.format(Locale.ROOT, "the first place is worth %+.2f points", bias));
    }
    return doubts;
  }
}
