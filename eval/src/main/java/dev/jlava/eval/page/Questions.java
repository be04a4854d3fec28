package dev.jlava.eval.page;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The questions of a page with everybody's answers side by side, failures first.
///
/// @param columns who answered, in the order of each question's answers
/// @param focus the column that "right" and "wrong" are about at first; -1: any of them
/// @param items in the order to show
public record Questions(List<Column> columns, int focus, List<Item> items) {

  public Questions {
    columns = List.copyOf(columns);
    items = List.copyOf(items);
    for (Item item : items) {
      if (item.answers.size() != columns.size()) {
        throw new IllegalArgumentException(
            "'%s' has %d answers (expected one for each of %d columns)"
                .formatted(item.question, item.answers.size(), columns.size()));
      }
    }
  }

  /// A model, or a control such as a blank image.
  public record Column(String label, boolean control) {}

  /// One question.
  ///
  /// @param place among the task's questions, from 1
  /// @param prompt empty where it says no more than the question
  /// @param pictures places in [Pictures#urls()], -1 for one that is left out
  /// @param answers null where a model has not been asked
  public record Item(
      String task,
      String id,
      int place,
      String category,
      String question,
      String prompt,
      String reference,
      List<Integer> pictures,
      List<@Nullable Answer> answers) {
    public Item {
      pictures = List.copyOf(pictures);
      answers = Collections.unmodifiableList(new ArrayList<>(answers));
    }

    /// The same with pictures.
    public Item picturing(List<Integer> places) {
      return new Item(task, id, place, category, question, prompt, reference, places, answers);
    }
  }

  /// How an answer did.
  public enum State {
    FAILED,
    WRONG,
    PARTLY,
    RIGHT,
    OPEN;

    /// Of a value between 0 and 1, null where there is none.
    public static State of(@Nullable Double value) {
      if (value == null) {
        return OPEN;
      }
      return value <= 0 ? WRONG : value >= 1 ? RIGHT : PARTLY;
    }
  }

  /// One answer.
  ///
  /// @param state in lower case
  /// @param value 0 to 1; null where the answer alone has none
  /// @param note length, time and how it ended
  public record Answer(
      String text, String state, @Nullable Double value, String note, List<Verdict> verdicts) {
    public Answer {
      verdicts = List.copyOf(verdicts);
    }

    public static Answer of(
        String text, State state, @Nullable Double value, String note, List<Verdict> verdicts) {
      return new Answer(text, state.name().toLowerCase(Locale.ROOT), value, note, verdicts);
    }

    private double rank() {
      return state.equals("failed") ? -1 : value == null ? 2 : value;
    }
  }

  /// What a judge said.
  ///
  /// @param title scores and order
  /// @param text as it came
  public record Verdict(String title, String text) {}

  /// Orders questions: first those whose answers failed or are worth least.
  public static Comparator<Item> worstFirst(int focus) {
    return Comparator.comparingDouble(item ->
        item.answers.stream()
            .filter(answer -> focus < 0 || Objects.equals(answer, item.answers.get(focus)))
            .filter(Objects::nonNull)
            .mapToDouble(Answer::rank)
            .average()
            .orElse(3));
  }
}
