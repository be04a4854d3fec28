package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.jlava.eval.json.Row;
import dev.jlava.eval.json.Table;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// MMBench's table as LLaVA's `model_vqa_mmbench.py` asks it: hint, question, options with their
/// letters, then the instruction to answer with one.
///
/// @param language of the instruction
/// @param rotated whether each question is asked once for each place that its options can be
///   rotated to, as with `--all-rounds`
record MmBenchQuestions(Language language, boolean rotated) implements Asking {
  /// A language of MMBench.
  enum Language {
    ENGLISH(ChoiceFile.LETTER),
    CHINESE("请直接回答选项字母。");

    private final String instruction;

    Language(String instruction) {
      this.instruction = instruction;
    }
  }

  static final Input QUESTIONS =
      Input.one(
          "questions", "FILE", "MMBench's table: index, question, hint, A to D, answer, image.");
  private static final Input IMAGES =
      Input.optional(
          "images",
          "DIR",
          "The folder that the table's images are unpacked into; beside the table if absent.");

  /// Shown options; a fifth does not occur.
  private static final List<String> LETTERS = List.of("A", "B", "C", "D");

  @Override
  public List<Input> inputs() {
    return List.of(QUESTIONS, IMAGES);
  }

  @Override
  public int maxNewTokens() {
    return 1024;
  }

  @Override
  public List<Item> items(Given given) {
    Path file = given.path(QUESTIONS);
    Path folder =
        given
            .optionalPath(IMAGES)
            .orElseGet(() -> file.resolveSibling(file.getFileName() + ".images"));
    List<Row> rows = Table.read(file).rows();
    MmBenchImages images = new MmBenchImages(folder, rows);
    List<Item> items = new ArrayList<>();
    for (Row row : rows) {
      Path image = images.of(row);
      for (int round = 0; round < rounds(row); round++) {
        items.add(item(row, round, image));
      }
    }
    return items;
  }

  private int rounds(Row row) {
    return rotated ? options(row).size() : 1;
  }

  private Item item(Row row, int round, Path image) {
    String text = text(row, round);
    return new Item(
        id(row),
        row.has("category") ? row.text("category") : "",
        row.text("question"),
        "<image>\n" + text + "\n" + language.instruction,
        List.of(image),
        right(row, round).<JsonNode>map(TextNode::new).orElse(NullNode.instance),
        group(row));
  }

  /// The index as LLaVA's answers have it: a number where it is one.
  private static JsonNode id(Row row) {
    String index = row.text("index");
    return index.matches("\\d{1,18}") ? new LongNode(Long.parseLong(index)) : new TextNode(index);
  }

  /// Questions that count only together: MMBench adds a million to the index of a question for each
  /// rotation that its table holds.
  static String group(Row row) {
    String index = row.text("index");
    return index.matches("\\d{7,18}") ? Long.toString(Long.parseLong(index) % 1_000_000) : index;
  }

  /// The options up to the first that is missing, `nan` or `none`, as the script takes them.
  static List<String> options(Row row) {
    List<String> options = new ArrayList<>();
    for (String letter : LETTERS) {
      if (isNone(row, letter)) {
        break;
      }
      options.add(row.text(letter));
    }
    return options;
  }

  private static boolean isNone(Row row, String column) {
    return !row.has(column)
        || row.text(column).equalsIgnoreCase("nan")
        || row.text(column).equalsIgnoreCase("none");
  }

  /// Hint, question and options, rotated by so many places.
  static String text(Row row, int round) {
    StringBuilder text = new StringBuilder();
    if (!isNone(row, "hint")) {
      text.append(row.text("hint")).append('\n');
    }
    text.append(row.text("question"));
    List<String> options = options(row);
    for (int i = 0; i < options.size(); i++) {
      String option = options.get((i + round) % options.size());
      text.append('\n').append(LETTERS.get(i)).append(". ").append(option);
    }
    return text.toString();
  }

  /// The right letter where the options are rotated by so many places; nothing where the table has
  /// no answers.
  static Optional<String> right(Row row, int round) {
    if (!row.has("answer")) {
      return Optional.empty();
    }
    int count = options(row).size();
    int place = ChoiceLetter.index(row.text("answer"), count);
    if (place < 0) {
      throw row.wrong(
          "the answer is none of the options",
          row.value("answer"),
          "one of " + LETTERS.subList(0, count));
    }
    return Optional.of(LETTERS.get(Math.floorMod(place - round, count)));
  }
}
