package dev.jlava.eval.judge;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.data.DataException;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// What the judge is told, by category: LLaVA's `rule.json`.
///
/// @param system the system message
public record Rules(String system, Map<String, Rule> byCategory) {
  /// The system message that goes with LLaVA's rules, which its file does not hold.
  private static final String LLAVA =
      "You are a helpful and precise assistant for checking the quality of the answer.";

  private static final String OURS =
      "You compare two answers to one question. You are fair, exact and strict.";

  /// One category.
  ///
  /// @param role what the two sides are called: `Assistant`
  /// @param prompt what to judge by and how to write the scores
  public record Rule(String role, String prompt) {}

  public Rules {
    byCategory = Map.copyOf(byCategory);
  }

  /// The rules that come with JLaVA.
  public static Rules builtIn() {
    String name = "rules.json";
    try (InputStream file = Objects.requireNonNull(Rules.class.getResourceAsStream(name))) {
      return of(OURS, new Row(name, new ObjectMapper().readTree(file)));
    } catch (IOException e) {
      throw new IllegalStateException("the rules that come with JLaVA cannot be read", e);
    }
  }

  /// A user's own: an object of categories, each with `role` and `prompt`.
  public static Rules read(Path file) {
    return of(LLAVA, Json.file(file));
  }

  private static Rules of(String system, Row json) {
    Map<String, Rule> rules = new LinkedHashMap<>();
    json.entries()
        .forEach((category, rule) ->
            rules.put(category, new Rule(rule.text("role"), rule.text("prompt"))));
    if (rules.isEmpty()) {
      throw new DataException(json.where() + ": no rules; is this LLaVA's rule.json?");
    }
    return new Rules(system, rules);
  }

  public Optional<Rule> rule(String category) {
    return Optional.ofNullable(byCategory.get(category));
  }
}
