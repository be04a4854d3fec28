package dev.jlava.eval.task;

import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.util.ArrayList;
import java.util.List;

/// Questions in LLaVA's format, some with `choices`: a list of texts that the prompt shows with
/// their letters, and the instruction to answer with one, as LLaVA asks them.
record ChoiceFile() implements Asking {
  static final String LETTER = "Answer with the option's letter from the given choices directly.";

  @Override
  public List<Input> inputs() {
    return QuestionFile.SHORT.inputs();
  }

  @Override
  public int maxNewTokens() {
    return QuestionFile.SHORT.maxNewTokens();
  }

  @Override
  public List<Item> items(Given given) {
    return prompted(
        QuestionFile.SHORT.items(given), Json.lines(given.path(QuestionFile.QUESTIONS)));
  }

  private static List<Item> prompted(List<Item> items, List<Row> rows) {
    List<Item> prompted = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      Item item = items.get(i);
      Row row = rows.get(i);
      prompted.add(
          row.has("choices") ? item.putAs(prompt(item.question(), row.texts("choices"))) : item);
    }
    return prompted;
  }

  /// A question, its choices with their letters, and the instruction to answer with one.
  static String prompt(String question, List<String> choices) {
    StringBuilder prompt = new StringBuilder(question);
    for (int i = 0; i < choices.size(); i++) {
      prompt.append('\n').append((char) ('A' + i)).append(". ").append(choices.get(i));
    }
    return prompt.append('\n').append(LETTER).toString();
  }
}
