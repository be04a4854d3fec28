package dev.jlava.data.world;

import dev.jlava.data.conversation.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// Questions that need no picture: sums, comparisons and facts about shapes and colours.
final class TextTurns {
  private static final int LARGEST = 10;

  private TextTurns() {}

  /// A conversation of `count` questions.
  static List<Turn> of(int count, RandomGenerator random) {
    List<Turn> turns = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String[] pair = pair(random);
      turns.add(new Turn(Turn.Role.USER, pair[0]));
      turns.add(new Turn(Turn.Role.ASSISTANT, pair[1]));
    }
    return turns;
  }

  private static String[] pair(RandomGenerator random) {
    int a = random.nextInt(LARGEST);
    int b = random.nextInt(LARGEST);
    Shape shape = Words.pick(Shape.values(), random);
    Colour colour = Words.pick(Colour.values(), random);
    return switch (random.nextInt(7)) {
      case 0 -> qa("What is %d plus %d?".formatted(a, b), a + b);
      case 1 -> qa("What is %d minus %d?".formatted(a + b, b), a);
      case 2 -> qa("What comes after %d?".formatted(a), a + 1);
      case 3 ->
          qa(
              "Which is bigger, %d or %d?".formatted(a, a == b ? b + 1 : b),
              Math.max(a, a == b ? b + 1 : b));
      case 4 ->
          qa(
              "How many sides does %s have?".formatted(Words.withArticle(shape.word())),
              shape.sides());
      case 5 -> qa("Is %s a colour or a shape?".formatted(colour.word()), "a colour");
      default ->
          qa("Is %s a colour or a shape?".formatted(Words.withArticle(shape.word())), "a shape");
    };
  }

  private static String[] qa(String question, Object answer) {
    return new String[] {question, answer.toString()};
  }
}
