package dev.jlava.eval.run;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/// The share of the questions that one of several processes asks: a stretch of them, so that
/// questions about one image stay together.
///
/// @param index from 1 to count
public record Shard(int index, int count) {
  /// All questions.
  public static final Shard WHOLE = new Shard(1, 1);

  private static final Pattern FORM = Pattern.compile("(\\d{1,4})/(\\d{1,4})");

  public Shard {
    if (index < 1 || index > count) {
      throw new IllegalArgumentException(
          "shard: out of range (found %d/%d, expected 1/%d to %d/%d)"
              .formatted(index, count, count, count, count));
    }
  }

  /// `2/4`: the second of four.
  ///
  /// @throws IllegalArgumentException where the text is nothing like it
  public static Shard named(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "shard: not I/N (found '" + text + "', expected such as 2/4: the second of four)");
    }
    return new Shard(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }

  /// All shards of as many.
  List<Shard> all() {
    return IntStream.rangeClosed(1, count).mapToObj(i -> new Shard(i, count)).toList();
  }

  /// Its share of a list.
  <T> List<T> of(List<T> whole) {
    long size = whole.size();
    return whole.subList((int) (size * (index - 1) / count), (int) (size * index / count));
  }

  String file() {
    return "answers.%d-of-%d.jsonl".formatted(index, count);
  }
}
