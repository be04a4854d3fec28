package dev.jlava.eval.judge;

import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.eval.chat.Budget;
import dev.jlava.eval.chat.ChatReply;
import dev.jlava.eval.json.WholeFile;
import dev.jlava.eval.judge.Pair.Order;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// A model's verdicts on disk: `reviews.jsonl`, in LLaVA's format with more keys,
/// `disagreements.jsonl`, and `missing.jsonl` where verdicts did not come. A score that an
/// evaluation made of earlier reviews goes when they do.
final class ReviewFiles {
  static final String REVIEWS = "reviews.jsonl";
  static final String DISAGREEMENTS = "disagreements.jsonl";
  static final String MISSING = "missing.jsonl";

  private static final String SCORE = "score.json";

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /// `NaN` without quotes, as Python writes it.
  private static final JsonMapper PYTHONS =
      JsonMapper.builder().disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS).build();

  private final Path directory;

  ReviewFiles(Path directory) {
    this.directory = directory;
  }

  /// Writes all three; a file without a line is not there.
  ///
  /// @param prices what a verdict's tokens cost, whenever it was asked for
  void write(String judge, Judge.Verdicts verdicts, Budget prices) {
    List<ObjectNode> reviews = new ArrayList<>();
    for (Verdict verdict : verdicts.given()) {
      ObjectNode line = review(reviews.size() + 1, judge, verdict);
      if (prices.hasPrices()) {
        line.put("cost", prices.cost(verdict.reply().usage()));
      }
      reviews.add(line);
    }
    delete(directory.resolve(SCORE));
    lines(REVIEWS, reviews);
    lines(
        DISAGREEMENTS,
        Disagreement.of(verdicts.given()).stream().map(ReviewFiles::disagreement).toList());
    lines(MISSING, verdicts.missing().stream().map(ReviewFiles::missing).toList());
  }

  private static ObjectNode review(int id, String judge, Verdict verdict) {
    ObjectNode line = JSON.objectNode().put("id", id);
    line.set("question_id", verdict.pair().questionId());
    line.set("answer1_id", verdict.pair().reference().id());
    line.set("answer2_id", verdict.pair().model().id());
    line.put("category", verdict.pair().category());
    line.put("content", verdict.reply().text());
    scores(line, verdict);
    line.put("order", name(verdict.order())).put("sample", verdict.sample());
    line.put("failure", verdict.failure().orElse(null));
    ChatReply reply = verdict.reply();
    line.put("finish", reply.finish());
    line.put("prompt_tokens", reply.usage().promptTokens());
    line.put("completion_tokens", reply.usage().completionTokens());
    line.put("tokens_estimated", reply.usage().estimated());
    line.put("seconds", reply.seconds()).put("cached", reply.cached());
    return line.put("judge", judge).put("request", verdict.request());
  }

  private static void scores(ObjectNode line, Verdict verdict) {
    line.putArray("tuple").add(verdict.scores().first()).add(verdict.scores().second());
  }

  private static ObjectNode missing(Verdict.Missing missing) {
    ObjectNode line = JSON.objectNode();
    line.set("question_id", missing.pair().questionId());
    line.put("category", missing.pair().category());
    line.put("order", name(missing.order())).put("sample", missing.sample());
    return line.put("request", missing.request()).put("error", missing.why());
  }

  private static ObjectNode disagreement(Disagreement one) {
    ObjectNode line = JSON.objectNode();
    Pair pair = one.pair();
    line.set("question_id", pair.questionId());
    line.put("category", pair.category()).put("image", pair.image());
    line.put("flips", one.flips()).put("spread", one.spread());
    line.put("question", pair.question());
    line.put("reference", pair.reference().text()).put("answer", pair.model().text());
    for (Verdict verdict : one.verdicts()) {
      ObjectNode each = line.withArray("verdicts").addObject();
      each.put("order", name(verdict.order())).put("sample", verdict.sample());
      scores(each, verdict);
      each.put("failure", verdict.failure().orElse(null));
      each.put("content", verdict.reply().text());
    }
    return line;
  }

  static String name(Order order) {
    return order.name().toLowerCase(Locale.ROOT);
  }

  static Order order(String name) {
    return Order.valueOf(name.toUpperCase(Locale.ROOT));
  }

  private void lines(String name, List<ObjectNode> lines) {
    Path file = directory.resolve(name);
    if (lines.isEmpty() && !name.equals(REVIEWS)) {
      delete(file);
      return;
    }
    WholeFile.write(
        file, lines.stream().map(line -> text(line) + "\n").collect(Collectors.joining()));
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": cannot be deleted", e);
    }
  }

  private static String text(JsonNode json) {
    try {
      return PYTHONS.writeValueAsString(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
