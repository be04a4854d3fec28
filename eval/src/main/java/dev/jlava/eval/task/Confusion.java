package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.eval.compat.PythonNumbers;
import java.util.ArrayList;
import java.util.List;

/// Yes and no answers against what is right; yes is positive.
record Confusion(int truePositives, int falsePositives, int trueNegatives, int falseNegatives) {
  static final Confusion NONE = new Confusion(0, 0, 0, 0);

  Confusion plus(boolean saidYes, boolean isYes) {
    return new Confusion(
        truePositives + (saidYes && isYes ? 1 : 0),
        falsePositives + (saidYes && !isYes ? 1 : 0),
        trueNegatives + (!saidYes && !isYes ? 1 : 0),
        falseNegatives + (!saidYes && isYes ? 1 : 0));
  }

  int total() {
    return truePositives + falsePositives + trueNegatives + falseNegatives;
  }

  double accuracy() {
    return Figures.share(truePositives + trueNegatives, total());
  }

  double precision() {
    return Figures.share(truePositives, truePositives + falsePositives);
  }

  double recall() {
    return Figures.share(truePositives, truePositives + falseNegatives);
  }

  /// NaN also where precision and recall are both 0.
  double f1() {
    return 2 * precision() * recall() / (precision() + recall());
  }

  double yesRatio() {
    return Figures.share(truePositives + falsePositives, total());
  }

  /// POPE's lines.
  String text() {
    return """
    TP\tFP\tTN\tFN\t
    %d\t%d\t%d\t%d
    Accuracy: %s
    Precision: %s
    Recall: %s
    F1 score: %s
    Yes ratio: %s
    %s, %s, %s, %s, %s
    """
        .formatted(
            truePositives,
            falsePositives,
            trueNegatives,
            falseNegatives,
            PythonNumbers.repr(accuracy()),
            PythonNumbers.repr(precision()),
            PythonNumbers.repr(recall()),
            PythonNumbers.repr(f1()),
            PythonNumbers.repr(yesRatio()),
            PythonNumbers.fixed(f1(), 3),
            PythonNumbers.fixed(accuracy(), 3),
            PythonNumbers.fixed(precision(), 3),
            PythonNumbers.fixed(recall(), 3),
            PythonNumbers.fixed(yesRatio(), 3));
  }

  void put(ObjectNode figures) {
    figures.put("tp", truePositives).put("fp", falsePositives);
    figures.put("tn", trueNegatives).put("fn", falseNegatives);
    Figures.put(figures, "accuracy", accuracy());
    Figures.put(figures, "precision", precision());
    Figures.put(figures, "recall", recall());
    Figures.put(figures, "f1", f1());
    Figures.put(figures, "yes_ratio", yesRatio());
  }

  /// Why figures are not defined.
  List<String> undefined() {
    List<String> reasons = new ArrayList<>();
    if (truePositives + falsePositives == 0) {
      reasons.add("precision and F1 are not defined: no answer says yes");
    } else if (truePositives == 0) {
      reasons.add("F1 is not defined: no question is rightly answered with yes");
    }
    if (truePositives + falseNegatives == 0) {
      reasons.add("recall and F1 are not defined: no question's answer is yes");
    }
    return reasons;
  }
}
