package dev.jlava.eval.judge;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.eval.chat.Spending;
import dev.jlava.eval.judge.JudgeResult.Model;
import dev.jlava.eval.stats.Interval;

/// A result as `judge.json`. A figure that is not defined is null.
final class JudgeJson {
  private JudgeJson() {}

  static ObjectNode of(
      String judge, Judge.Settings settings, JudgeResult result, Spending.Total spent) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ObjectNode asked = json.putObject("judge").put("model", judge).put("compat", settings.compat());
    settings.orders().forEach(order -> asked.withArray("orders").add(ReviewFiles.name(order)));
    asked.put("samples", settings.samples()).put("temperature", settings.temperature());
    asked.put("max_tokens", settings.maxTokens()).put("seed", settings.seed());
    json.putArray("models");
    result.models().forEach(model -> model(json.withArray("models").addObject(), model));
    json.putArray("comparisons");
    for (Comparison one : result.comparisons()) {
      ObjectNode into = json.withArray("comparisons").addObject();
      into.put("first", one.first()).put("second", one.second()).put("category", one.category());
      into.put("questions", one.questions());
      interval(into.putObject("difference"), one.difference());
      number(into, "p", one.chance());
    }
    ObjectNode used = json.putObject("spent").put("requests", spent.requests());
    used.put("prompt_tokens", spent.usage().promptTokens());
    used.put("completion_tokens", spent.usage().completionTokens());
    used.put("tokens_estimated", spent.usage().estimated()).put("cost", spent.cost());
    return json;
  }

  private static void model(ObjectNode into, Model model) {
    into.put("label", model.label());
    for (Standing one : model.standings()) {
      ObjectNode line = into.withArray("categories").addObject();
      line.put("category", one.category()).put("questions", one.questions());
      number(line, "reference", one.reference());
      number(line, "model", one.model());
      interval(line.putObject("relative"), one.relative());
      line.put("better", one.better()).put("equal", one.equal()).put("worse", one.worse());
    }
    into.put("left_out", model.leftOut());
    into.put("summary", model.reviews().text());
    ObjectNode verdicts = into.putObject("verdicts");
    verdicts.put("scored", model.verdicts().given().size() - model.failed());
    verdicts.put("failed", model.failed()).put("missing", model.verdicts().missing().size());
    verdicts.put("cached", model.cached());
    model.failures().forEach(verdicts.putObject("failures")::put);
    Consistency consistency = model.consistency();
    ObjectNode order = into.putObject("order");
    interval(order.putObject("bias"), consistency.bias());
    order.put("questions", consistency.bothWays());
    order.put("flipped", consistency.flipped()).put("tied", consistency.tied());
    ObjectNode samples = into.putObject("samples");
    samples.put("pairs", consistency.samplePairs()).put("same", consistency.sameWinner());
    into.put("disagreements", model.disagreements().size());
  }

  private static void interval(ObjectNode into, Interval interval) {
    number(into, "estimate", interval.estimate());
    number(into, "low", interval.low());
    number(into, "high", interval.high());
  }

  private static void number(ObjectNode into, String name, double value) {
    if (Double.isFinite(value)) {
      into.put(name, value);
    } else {
      into.putNull(name);
    }
  }
}
