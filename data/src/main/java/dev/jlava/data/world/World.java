package dev.jlava.data.world;

import dev.jlava.data.conversation.Turn;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/// Data sets made of scenes, written as LLaVA's files: `align.json` (captions), `instruct.json`
/// (conversations, some without a picture), `vision.json` (captions and conversations in quantity,
/// to train a vision encoder), `text.json` (scenes in words, to train a decoder), and held-out
/// questions `eval.jsonl` and `validation.json`. Pictures lie under `images`. The same seed and
/// sizes give the same bytes; a set does not change when another's size does.
public final class World {
  private static final int TURNS = 10;
  private static final int DENSE_TURNS = 16;
  private static final int TEXT_TURNS = 6;
  private static final double TEXT_ONLY = 0.1;

  private final WorldFiles files;
  private final long seed;

  private World(Path directory, long seed) throws IOException {
    this.files = new WorldFiles(directory);
    this.seed = seed;
  }

  /// How many samples each file gets.
  ///
  /// @param instruct conversations, of which a tenth is without a picture
  /// @param validation held-out conversations
  /// @param eval held-out questions, each about its own scene
  public record Sizes(int align, int instruct, int validation, int eval, int vision, int text) {
    /// What aligning and instructing the embedded model takes.
    public static Sizes quickstart() {
      return new Sizes(2000, 1600, 64, 320, 0, 0);
    }
  }

  /// Writes the files that have a size above zero into a directory, made if missing.
  public static void write(Path directory, Sizes sizes, long seed) throws IOException {
    World world = new World(directory, seed);
    world.captions("align", sizes.align);
    world.conversations("instruct", sizes.instruct, false);
    world.conversations("validation", sizes.validation, true);
    world.questions(sizes.eval);
    world.dense(sizes.vision);
    world.text(sizes.text);
  }

  private void captions(String name, int count) throws IOException {
    RandomGenerator random = randomOf(name);
    SceneSampler scenes = new SceneSampler(random);
    for (int i = 0; i < count; i++) {
      Scene scene = scenes.next(candidate -> !candidate.heldOut());
      List<String> captions = SceneText.captions(scene);
      String caption = captions.get(random.nextInt(captions.size()));
      files.add(name, scene, List.of(user("Describe the picture."), assistant(caption)));
    }
    files.finish(name);
  }

  private void conversations(String name, int count, boolean heldOut) throws IOException {
    RandomGenerator random = randomOf(name);
    SceneSampler scenes = new SceneSampler(random);
    AnswerBalance balance = new AnswerBalance(random);
    for (int i = 0; i < count; i++) {
      if (random.nextDouble() < TEXT_ONLY) {
        files.add(name, TextTurns.of(TEXT_TURNS, random));
      } else {
        Scene scene = scenes.next(candidate -> candidate.heldOut() == heldOut);
        files.add(name, scene, turns(balance.choose(scene, TURNS), random));
      }
    }
    files.finish(name);
  }

  private void questions(int count) throws IOException {
    RandomGenerator random = randomOf("eval");
    SceneSampler scenes = new SceneSampler(random);
    AnswerBalance balance = new AnswerBalance(random);
    for (int i = 0; i < count; i++) {
      Scene scene = scenes.next(Scene::heldOut);
      files.addQuestion(scene, balance.choose(scene, 1).getFirst());
    }
    files.finish("eval");
  }

  private void dense(int count) throws IOException {
    RandomGenerator random = randomOf("vision");
    SceneSampler scenes = new SceneSampler(random);
    AnswerBalance balance = new AnswerBalance(random);
    for (int i = 0; i < count; i++) {
      Scene scene = scenes.next(candidate -> !candidate.heldOut());
      List<Turn> turns = new ArrayList<>(turns(balance.choose(scene, DENSE_TURNS), random));
      // Last, so that no answer before it can be read from it.
      turns.add(user("Where is everything?"));
      turns.add(assistant(SceneText.places(scene) + "."));
      files.add("vision", scene, turns);
    }
    files.finish("vision");
  }

  private void text(int count) throws IOException {
    RandomGenerator random = randomOf("text");
    SceneSampler scenes = new SceneSampler(random);
    AnswerBalance balance = new AnswerBalance(random);
    for (int i = 0; i < count; i++) {
      if (random.nextDouble() < TEXT_ONLY) {
        files.add("text", TextTurns.of(TURNS, random));
      } else {
        Scene scene = scenes.next(candidate -> !candidate.heldOut());
        files.addInWords("text", scene, textTurns(scene, balance, random));
      }
    }
    files.finish("text");
  }

  /// The scene in words or drawn with words, then a caption, then questions.
  private static List<Turn> textTurns(Scene scene, AnswerBalance balance, RandomGenerator random) {
    List<Turn> turns = new ArrayList<>();
    String shown = random.nextInt(3) == 0 ? SceneText.inWords(scene) : SceneText.drawing(scene);
    List<String> captions = SceneText.captions(scene);
    turns.add(user(shown + "\nWhere is everything?"));
    turns.add(assistant(captions.get(random.nextInt(captions.size()))));
    turns.addAll(turns(balance.choose(scene, TURNS), random));
    return turns;
  }

  private static List<Turn> turns(List<Question> questions, RandomGenerator random) {
    List<Question> order = new ArrayList<>(questions);
    Collections.shuffle(order, random);
    List<Turn> turns = new ArrayList<>();
    for (Question question : order) {
      turns.add(user(question.text()));
      turns.add(assistant(question.answer()));
    }
    return turns;
  }

  private static Turn user(String text) {
    return new Turn(Turn.Role.USER, text);
  }

  private static Turn assistant(String text) {
    return new Turn(Turn.Role.ASSISTANT, text);
  }

  private RandomGenerator randomOf(String set) {
    return new SplittableRandom(31 * seed + set.hashCode());
  }
}
