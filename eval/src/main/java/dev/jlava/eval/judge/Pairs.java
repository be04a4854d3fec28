package dev.jlava.eval.judge;

import dev.jlava.data.DataException;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import dev.jlava.eval.judge.Pair.Side;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The questions of a benchmark with their reference answers, from LLaVA's files: to each, a
/// model's answer makes a pair. Rows belong together by `question_id`.
public final class Pairs {
  private static final String DEFAULT = "default";

  /// The files.
  ///
  /// @param context null if the judge learns nothing of the images
  /// @param images the folder of the images, if the judge is to see them
  public record Sources(
      Path questions, Path reference, @Nullable Path context, @Nullable Path images) {}

  private final Sources sources;
  private final Rules rules;
  private final @Nullable Context context;
  private final Map<String, Row> questions;
  private final Map<String, Row> references;

  /// Reads the files and checks that each question has its answer, context and rule.
  public Pairs(Sources sources, Rules rules) {
    this.sources = sources;
    this.rules = rules;
    this.context = sources.context() == null ? null : Context.read(sources.context());
    this.questions = byId(sources.questions());
    this.references = byId(sources.reference());
    require(sources.reference(), "reference answer", questions.keySet(), references.keySet());
    checkRules();
  }

  private static Map<String, Row> byId(Path file) {
    Map<String, Row> rows = Row.byOwnId(Json.lines(file), "question_id");
    if (rows.isEmpty()) {
      throw new DataException(file + ": no rows (an empty file); is this the right file?");
    }
    return rows;
  }

  private static void require(Path file, String what, Set<String> asked, Set<String> given) {
    List<String> missing = asked.stream().filter(id -> !given.contains(id)).toList();
    if (!missing.isEmpty()) {
      throw new DataException(
          file
              + ": no "
              + what
              + " to "
              + missing.size()
              + " of "
              + asked.size()
              + " questions (the first: question_id "
              + missing.getFirst()
              + "); is this the right file?");
    }
  }

  private void checkRules() {
    Set<String> missing = new TreeSet<>();
    for (Row question : questions.values()) {
      if (rules.rule(ruleOf(question)).isEmpty()) {
        missing.add(ruleOf(question));
      }
    }
    if (!missing.isEmpty()) {
      throw new DataException(
          sources.questions()
              + ": no rule for the categories "
              + String.join(", ", missing)
              + " (the rules have "
              + String.join(", ", new TreeSet<>(rules.byCategory().keySet()))
              + "); write them into a rule file");
    }
  }

  /// The category as reviews name it.
  private String category(Row question) {
    String own = question.has("category") ? question.text("category") : DEFAULT;
    return context == null ? own : context.prefix() + own;
  }

  /// Without context, a category that has no rule takes the default one, as in LLaVA.
  private String ruleOf(Row question) {
    String category = category(question);
    return context == null && rules.rule(category).isEmpty() ? DEFAULT : category;
  }

  /// The rules that they are judged by.
  Rules rules() {
    return rules;
  }

  /// Each question with its reference and the model's answer of a file; in the questions' order.
  ///
  /// @param part whether questions without an answer were not asked; else they are an error
  public List<Pair> with(Path answers, boolean part) {
    Map<String, Row> given = byId(answers);
    if (!part) {
      require(answers, "answer", questions.keySet(), given.keySet());
    }
    List<Pair> pairs = new ArrayList<>();
    questions.forEach((id, question) -> {
      if (given.containsKey(id)) {
        pairs.add(pair(question, get(references, id), get(given, id)));
      }
    });
    if (pairs.isEmpty()) {
      throw new DataException(answers + ": answers none of the questions; is this the right file?");
    }
    return pairs;
  }

  private static Row get(Map<String, Row> rows, String id) {
    Row row = rows.get(id);
    if (row == null) {
      throw new IllegalStateException("no row " + id);
    }
    return row;
  }

  private Pair pair(Row question, Row reference, Row answer) {
    String image = question.has("image") ? question.text("image") : "";
    return new Pair(
        question.value("question_id"),
        category(question),
        rules.rule(ruleOf(question)).orElseThrow(),
        question.text("text"),
        context(question, image),
        image,
        shown(question, image),
        side(reference),
        side(answer));
  }

  private String context(Row question, String image) {
    if (context == null) {
      return "";
    }
    String known = context.byImage().get(image);
    if (known == null) {
      throw new DataException(
          question.where()
              + ": no context of its image (found image '"
              + image
              + "', expected one of "
              + sources.context()
              + "); is this the right file?");
    }
    return known;
  }

  private List<Path> shown(Row question, String image) {
    if (sources.images() == null || image.isEmpty()) {
      return List.of();
    }
    Path file = sources.images().resolve(image);
    if (!Files.isRegularFile(file)) {
      throw new DataException(question.where() + ": no image " + file + "; check the folder");
    }
    return List.of(file);
  }

  private static Side side(Row answer) {
    String id = answer.has("answer_id") ? "answer_id" : "question_id";
    return new Side(answer.value(id), answer.text("text"));
  }
}
